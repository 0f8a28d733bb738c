import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient, type ClientSession, type Db } from 'mongodb';
import {
  CompleteSessionDocument,
  CreateSessionDocument,
  UpdateSessionDocument,
} from '../generated/operations';
import { required, SessionClient } from '../process/session-client';
import { TestClient } from '../support/test-client';
import { openRaceArena, type RaceArena } from './race-arena';
import { createSessions } from './race-clients';

const sessionCount = 120;
const heldCount = 30;

describe('a server process that was killed in the middle of a transaction', () => {
  let arena: RaceArena;
  let client: MongoClient;
  let db: Db;

  beforeAll(async () => {
    arena = await openRaceArena(2);
    client = await MongoClient.connect(arena.database!.uri);
    db = client.db(arena.database!.name);
  }, 60_000);

  afterAll(async () => {
    await client.close();
    await arena.close();
  }, 60_000);

  /**
   * What such a process leaves behind on a MongoDB: its row in the register, which nobody renews, and an open transaction.
   * The connection stays open here, because the embedded engine ends a transaction with its connection.
   */
  async function leaveOpenTransaction(sessionIds: readonly string[]): Promise<ClientSession> {
    const session = client.startSession();
    await db
      .collection<{ _id: string }>('processes')
      .insertOne({ _id: 'killed', sessions: [session.id!.id], beats: 7 } as { _id: string });
    session.startTransaction();
    const filter = { sessionId: { $in: [...sessionIds] } };
    await db.collection('sessions').updateMany(filter, { $inc: { eventCount: 1000 } }, { session });
    return session;
  }

  /** Adds event after event to one session until `ended`; resolves to the longest wait for an answer, in milliseconds. */
  async function longestWait(url: string, sessionId: string, ended: () => boolean): Promise<number> {
    const writer = new SessionClient(url);
    let longest = 0;
    for (let index = 0; !ended(); index += 1) {
      const sent = performance.now();
      required(
        await writer.addEvent({ sessionId, eventId: `event-${index}`, type: 'SYSTEM', payload: { index } }),
      );
      longest = Math.max(longest, performance.now() - sent);
    }
    writer.close();
    return longest;
  }

  /** Writes each of three sessions other than by adding events; resolves to the longest wait, in milliseconds. */
  async function longestOfOtherWrites(
    url: string,
    [first, second, third]: readonly string[],
  ): Promise<number> {
    const writer = new TestClient(url);
    const sent = performance.now();
    const waits = [
      writer.execute(CreateSessionDocument, { input: { sessionId: first!, language: 'en' } }),
      writer.execute(UpdateSessionDocument, { input: { sessionId: second!, language: 'de' } }),
      writer.execute(CompleteSessionDocument, { input: { sessionId: third! } }),
    ].map(async (answer) => answer.then(() => performance.now() - sent));
    return Math.max(...(await Promise.all(waits)));
  }

  it('holds its own sessions for a few seconds, and no others', async () => {
    const sessionIds = await createSessions(arena.urls()[0]!, sessionCount, 'orphan');
    const held = new Set(sessionIds.filter((_, index) => index % (sessionCount / heldCount) === 0));
    const others = await createSessions(arena.urls()[0]!, 3, 'also-held');
    const orphan = await leaveOpenTransaction([...held, ...others]);
    let ended = false;
    const otherWrites = longestOfOtherWrites(arena.urls()[1]!, others);

    const waiting = sessionIds.map((sessionId, index) =>
      longestWait(arena.urls()[index % 2]!, sessionId, () => ended),
    );
    await pause(7_000);
    ended = true;
    const waits = await Promise.all(waiting);

    const isHeld = (index: number) => held.has(sessionIds[index]!);
    const longestOf = (belongs: (index: number) => boolean) =>
      Math.max(...waits.filter((_, index) => belongs(index)));
    // What a noisy machine adds: all that is held is written through the first server.
    const noise = longestOf((index) => index % 2 === 1);
    // Those that the dead process held waited for its end to be noticed.
    expect(longestOf(isHeld)).toBeGreaterThan(1_000);
    expect(longestOf(isHeld)).toBeLessThan(5_000 + noise);
    expect(longestOf((index) => !isHeld(index))).toBeLessThan(1_000 + 2 * noise);
    expect(await otherWrites).toBeLessThan(5_000 + noise);
    await expect(orphan.commitTransaction()).rejects.toMatchObject({ code: 251 });
    await orphan.endSession();
    expect(await db.collection('processes').countDocuments({ _id: 'killed' as never })).toBe(0);
    const reader = new SessionClient(arena.urls()[0]!);
    for (const sessionId of sessionIds) {
      const { eventCount } = required(await reader.session(sessionId));
      const events = await reader.allEvents(sessionId);
      expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
      expect(eventCount).toBe(events.length);
    }
    reader.close();
  }, 60_000);
});
