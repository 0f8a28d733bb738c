import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BSON, type ClientSession, type Document, Long, type MongoClient, MongoServerError } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';
import { intendedDifferences } from './transcripts/differences';

const { EJSON } = BSON;
const FOLDER = resolve(__dirname, '../../../test/embedded/transcripts');
const AREAS_WITHOUT_DIFFERENCES = ['insert', 'find', 'findAndModify', 'delete', 'count', 'transaction'];
/** What differs from run to run, or names the connection: the recordings leave it out too. */
const LEFT_OUT = (
  '$clusterTime operationTime opTime electionId numIndexesBefore numIndexesAfter ' +
  'createdCollectionAutomatically commitQuorum note you connectionId'
).split(' ');

/** Recorded commands with the replies that MongoDB gave, in canonical Extended JSON, from an empty database on. */
interface Scenario {
  readonly name: string;
  readonly steps: readonly { readonly command: Document; readonly reply: Document }[];
}

let engine: TemporaryEngine;
let client: MongoClient;
/** What the commands of a scenario name. */
const sessions = new Map<string, ClientSession>();
let cursor = Long.ZERO;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  client = await engine.connect();
});
beforeEach(() => client.db('transcripts').dropDatabase());
afterEach(async () => {
  for (const session of sessions.values()) await session.endSession();
  sessions.clear();
});
afterAll(() => engine.close());

const areas = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
describe.each(areas.map((file) => file.replace('.json', '')))('MongoDB 4.4.6, %s', (area) => {
  const { scenarios } = JSON.parse(readFileSync(resolve(FOLDER, `${area}.json`), 'utf8')) as {
    scenarios: Scenario[];
  };
  it.each(scenarios)('answers every step alike: $name', async ({ name, steps }) => {
    const differing = intendedDifferences.flatMap((each) => (each.area === area ? each.steps[name] : []));
    for (const [index, { command, reply }] of steps.entries()) {
      const answered = { command, reply: normal(await answerTo(command)) };
      const recorded = { command, reply: normal(reply) };
      if (differing.includes(index)) expect(answered).not.toEqual(recorded);
      else expect(answered).toEqual(recorded);
    }
  });
});

it('differs on purpose in nothing that a service lives on', () => {
  const differing = intendedDifferences.map(({ area }) => area);
  expect(differing.filter((area) => AREAS_WITHOUT_DIFFERENCES.includes(area))).toEqual([]);
});

/** The reply to a recorded command, also of one that fails, in canonical Extended JSON. */
async function answerTo({ $session, $do, ...command }: Document): Promise<Document> {
  if ($session && !sessions.has($session)) sessions.set($session, client.startSession());
  const session = sessions.get($session);
  try {
    const reply = $do ? await transact($do, session!) : await run(command, session);
    return EJSON.serialize(reply, { relaxed: false });
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return EJSON.serialize(error.errorResponse, { relaxed: false });
  }
}

async function run(command: Document, session: ClientSession | undefined): Promise<Document> {
  const text = JSON.stringify(command).replaceAll('"$cursor"', EJSON.stringify(cursor, { relaxed: false }));
  const options = { session, promoteValues: false, bsonRegExp: true };
  const reply = await client.db('transcripts').command(EJSON.parse(text, { relaxed: false }), options);
  const id: unknown = reply.cursor?.id;
  if (id instanceof Long && !id.isZero()) cursor = id;
  return reply;
}

async function transact(action: string, session: ClientSession): Promise<Document> {
  if (action === 'commit') await session.commitTransaction();
  else if (action === 'abort') await session.abortTransaction();
  else session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
  return { ok: 1 };
}

/**
 * A reply with what differs from run to run left out. The order of its own fields says nothing to a client and is
 * not compared; that of a document's fields is, so documents become text.
 */
function normal(given: Document): Document {
  const reply = JSON.parse(JSON.stringify(given)) as Document;
  for (const field of LEFT_OUT) delete reply[field];
  if (reply.ok?.$numberInt) reply.ok = Number(reply.ok.$numberInt);
  for (const failed of [reply, ...((reply.writeErrors as Document[] | undefined) ?? [])])
    leaveOutWording(failed);
  if (reply.value) reply.value = JSON.stringify(reply.value);
  const { firstBatch, nextBatch, id } = (reply.cursor ?? {}) as Document;
  for (const list of [reply.values, firstBatch, nextBatch] as (unknown[] | undefined)[])
    list?.forEach((each, index) => (list[index] = JSON.stringify(each)));
  if (reply.cursor) reply.cursor.id = id.$numberInt === '0' || id.$numberLong === '0' ? 'closed' : 'open';
  if (Array.isArray(reply.cursorsKilled))
    reply.cursorsKilled = { $numberInt: `${reply.cursorsKilled.length}` };
  return reply;
}

/** Programs read the message of a duplicate key only; an index build puts its own name before it. */
function leaveOutWording(failed: Document): void {
  if (Number(failed.code?.$numberInt ?? failed.code) === 11000) {
    failed.errmsg = String(failed.errmsg).replace(/^Index build failed: .* :: caused by :: /, '');
  } else delete failed.errmsg;
}
