import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { open } from 'lmdb';
import { BSON, ObjectId } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { opMsg } from '../embedded/raw-connection';
import { eventAt } from './embedded-pages';
import { median } from './measure';
import { type Comparison, rate } from './report';
import type { Pace } from './rounds';

const WRITERS = 64;
const ID_BYTES = 12;

/**
 * Single inserts, each on disk when answered, against LMDB itself committing the same bytes for as many writers. The
 * client is as light as it can be, bytes with another id each time: what a driver costs is no property of the engine.
 */
export async function compareInserts(folder: string, pace: Pace): Promise<Comparison> {
  const mongo = await startEmbeddedMongo({ path: join(folder, 'engine') });
  const inserters = await Promise.all(Array.from({ length: WRITERS }, () => Inserter.open(mongo.uri)));
  const lmdb = open<Buffer, Buffer>({
    path: join(folder, 'lmdb'),
    // As in the engine: a commit that is resolved is on disk.
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const document = new Template(Buffer.from(BSON.serialize(eventAt(1))));
  const put = () => {
    const bytes = document.next();
    return lmdb.put(bytes.subarray(document.idAt, document.idAt + ID_BYTES), bytes);
  };
  const rates = { engine: [] as number[], lmdb: [] as number[] };
  for (let round = 0; round <= pace.rounds; round += 1) {
    const engineRate = await ratePerSecond((writer) => inserters[writer]!.insert(), pace.seconds);
    const lmdbRate = await ratePerSecond(put, pace.seconds);
    if (round === 0) continue; // warms up
    rates.engine.push(engineRate);
    rates.lmdb.push(lmdbRate);
  }
  inserters.forEach((inserter) => inserter.close());
  await mongo.close();
  await lmdb.close();
  const [ours, peer] = [median(rates.engine), median(rates.lmdb)];
  return {
    what: `${WRITERS} concurrent inserts, against LMDB with the same bytes`,
    ours: rate(ours),
    peer: rate(peer),
    ratio: ours / peer,
    goal: { least: 0.33 },
  };
}

async function ratePerSecond(write: (writer: number) => Promise<unknown>, seconds: number): Promise<number> {
  const end = Date.now() + seconds * 1000;
  let written = 0;
  const writer = async (index: number) => {
    while (Date.now() < end) {
      await write(index);
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(index)));
  return written / seconds;
}

/** The same bytes over and over, with a new ObjectId in place of the first one. */
class Template {
  readonly idAt: number;

  constructor(private readonly bytes: Buffer) {
    this.idAt = bytes.indexOf('\x07_id\0', 0, 'latin1') + 5;
  }

  next(): Buffer {
    const copy = Buffer.from(this.bytes);
    copy.set(new ObjectId().id, this.idAt);
    return copy;
  }
}

/** A connection that sends one insert after the other. */
class Inserter {
  private readonly message = new Template(opMsg({ insert: 'events', documents: [eventAt(1)], $db: 'bench' }));
  private answered: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    // A reply is one small piece; anything but `{ n: 1, ok: 1 }` is longer.
    socket.on('data', (reply) => {
      if (reply.length !== SUCCESS_BYTES)
        throw new Error(`a reply of ${reply.length} bytes: ${reply.toString()}`);
      this.answered();
    });
  }

  static async open(uri: string): Promise<Inserter> {
    const socket = createConnection(decodeURIComponent(new URL(uri).host));
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Inserter(socket);
  }

  insert(): Promise<void> {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.socket.write(this.message.next());
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

const SUCCESS_BYTES = opMsg({ n: 1, ok: new BSON.Double(1) }).length;
