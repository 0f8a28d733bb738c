import { join } from 'node:path';
import { open } from 'lmdb';
import { BSON } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { opMsg, RawConnection } from '../embedded/raw-connection';
import { eventAt } from './embedded-pages';
import { median } from './measure';
import { type Comparison, rate } from './report';
import type { Pace } from './rounds';

const WRITERS = 64;

/**
 * Single inserts, each on disk when answered, against LMDB itself committing the same bytes for as many writers. The
 * messages come over the protocol but not from the driver: what the driver costs is no property of the engine.
 */
export async function compareInserts(folder: string, pace: Pace): Promise<Comparison> {
  const mongo = await startEmbeddedMongo({ path: join(folder, 'engine') });
  const connections = await Promise.all(Array.from({ length: WRITERS }, () => RawConnection.open(mongo.uri)));
  const lmdb = open<Buffer, Buffer>({
    path: join(folder, 'lmdb'),
    // As in the engine: a commit that is resolved is on disk.
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  let sequence = 0;
  const insert = (writer: number) => connections[writer]!.ask(insertMessage((sequence += 1)));
  const put = () => lmdb.put(recordKey((sequence += 1)), Buffer.from(BSON.serialize(eventAt(sequence))));
  const rates = { engine: [] as number[], lmdb: [] as number[] };
  for (let round = 0; round <= pace.rounds; round += 1) {
    const engineRate = await ratePerSecond(insert, pace.seconds);
    const lmdbRate = await ratePerSecond(put, pace.seconds);
    if (round === 0) continue; // warms up
    rates.engine.push(engineRate);
    rates.lmdb.push(lmdbRate);
  }
  connections.forEach((connection) => connection.destroy());
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

function insertMessage(sequence: number): Buffer {
  return opMsg({ insert: 'events', documents: [eventAt(sequence)], $db: 'bench' });
}

function recordKey(sequence: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeDoubleBE(sequence);
  return key;
}
