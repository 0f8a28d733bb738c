import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BSON, type ClientSession, type Document, Long, type MongoClient, MongoServerError } from 'mongodb';

const { EJSON } = BSON;
const extendedJson = (value: unknown) => EJSON.stringify(value, { relaxed: false });
const FOLDER = resolve(__dirname, '../../../test/embedded/transcripts');
const DATABASE = 'transcripts';

/** What differs from run to run, or names the connection: the recordings leave it out too. */
const LEFT_OUT = new Set(
  (
    '$clusterTime operationTime opTime electionId numIndexesBefore numIndexesAfter ' +
    'createdCollectionAutomatically commitQuorum note you connectionId'
  ).split(' '),
);

/** One recorded command with the reply that MongoDB gave, both in canonical Extended JSON. */
export interface Step {
  readonly command: Document;
  readonly reply: Document;
}

export interface Scenario {
  readonly area: string;
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Every scenario of every area. */
export function readTranscripts(): Scenario[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const { scenarios } = JSON.parse(readFileSync(resolve(FOLDER, file), 'utf8')) as {
      scenarios: Scenario[];
    };
    return scenarios.map((scenario) => ({ ...scenario, area: file.replace('.json', '') }));
  });
}

/** Runs the steps of one scenario, from an empty database on; gives the replies in the form of the recorded ones. */
export class Replay {
  private readonly sessions = new Map<string, ClientSession>();
  private cursor = Long.ZERO;

  constructor(private readonly client: MongoClient) {}

  async start(): Promise<void> {
    await this.client.db(DATABASE).dropDatabase();
  }

  async end(): Promise<void> {
    for (const session of this.sessions.values()) await session.endSession();
  }

  async run(step: Step): Promise<Document> {
    const { $session, $do, ...command } = step.command;
    const session = $session === undefined ? undefined : this.sessionNamed($session);
    try {
      const reply = $do ? await this.transact($do, session!) : await this.command(command, session);
      return normalReply(extendedJson(reply));
    } catch (error) {
      if (!(error instanceof MongoServerError)) throw error;
      return normalReply(extendedJson(error.errorResponse));
    }
  }

  private async command(command: Document, session: ClientSession | undefined): Promise<Document> {
    const text = JSON.stringify(command).replaceAll('"$cursor"', extendedJson(this.cursor));
    const reply = await this.client.db(DATABASE).command(EJSON.parse(text, { relaxed: false }), {
      session,
      promoteValues: false,
      bsonRegExp: true,
    });
    const id: unknown = reply.cursor?.id;
    if (id instanceof Long && !id.isZero()) this.cursor = id;
    return reply;
  }

  private async transact(action: string, session: ClientSession): Promise<Document> {
    if (action === 'commit') await session.commitTransaction();
    else if (action === 'abort') await session.abortTransaction();
    else session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
    return { ok: 1 };
  }

  private sessionNamed(name: string): ClientSession {
    const session = this.sessions.get(name) ?? this.client.startSession();
    this.sessions.set(name, session);
    return session;
  }
}

/**
 * A reply with what differs from run to run left out. The order of its own fields says nothing to a client and is
 * not compared; that of a document's fields is, so documents become text.
 */
export function normalReply(text: string): Document {
  const reply = JSON.parse(text) as Document;
  for (const field of LEFT_OUT) delete reply[field];
  if (reply.ok?.$numberInt) reply.ok = Number(reply.ok.$numberInt);
  for (const failed of [reply, ...((reply.writeErrors as Document[] | undefined) ?? [])])
    leaveOutWording(failed);
  if (reply.cursor) reply.cursor = normalCursor(reply.cursor);
  if (reply.value) reply.value = JSON.stringify(reply.value);
  if (reply.values) reply.values = (reply.values as unknown[]).map((each) => JSON.stringify(each));
  if (Array.isArray(reply.cursorsKilled))
    reply.cursorsKilled = { $numberInt: `${reply.cursorsKilled.length}` };
  return reply;
}

function normalCursor({ id, ...cursor }: Document): Document {
  for (const batch of ['firstBatch', 'nextBatch']) {
    if (cursor[batch]) cursor[batch] = (cursor[batch] as unknown[]).map((each) => JSON.stringify(each));
  }
  return { ...cursor, id: id.$numberInt === '0' || id.$numberLong === '0' ? 'closed' : 'open' };
}

/** Programs read the message of a duplicate key only; an index build puts its own name before it. */
function leaveOutWording(failed: Document): void {
  if (Number(failed.code?.$numberInt ?? failed.code) === 11000) {
    failed.errmsg = String(failed.errmsg).replace(/^Index build failed: .* :: caused by :: /, '');
  } else delete failed.errmsg;
}
