import { setTimeout as pause } from 'node:timers/promises';
import { required, SessionClient, type EventInput } from '../process/session-client';
import { openRaceArena, type RaceArena } from './race-arena';
import {
  addFromEverywhere,
  addUntilAnswered,
  createSessions,
  differentEvents,
  readSession,
} from './race-clients';
import type { Acknowledged, Crowd } from './race-clients';

/** How hard it is tried. */
export interface RaceSize {
  /** How many server processes there are on one database, in turn. */
  readonly servers: readonly number[];
  readonly crowd: Crowd;
  readonly twinRounds: number;
  readonly kills: number;
  readonly timeoutMs: number;
}

/**
 * A MongoDB server keeps the transaction of a client that was killed, and with it its sessions, until another server has
 * found it dead; the embedded engine until the connection is gone.
 */
const orphanMs = process.env.MONGODB_URI ? 60_000 : 0;

/** The promises about races, kept by one server process and by several on one database. */
export function testRaces({ servers: counts, crowd, twinRounds, kills, timeoutMs }: RaceSize): void {
  const timeout = timeoutMs + orphanMs;

  describe.each(counts)('server processes on one database: %d', (servers) => {
    let arena: RaceArena;
    let runs = 0;
    const prefix = () => `race-${(runs += 1)}`;

    beforeAll(async () => {
      arena = await openRaceArena(servers);
    }, timeout);

    afterAll(async () => {
      await arena.close();
    }, timeout);

    /** Everything acknowledged is there once, and each session counts 1 to n without a gap. */
    async function expectExact(
      sessionIds: string[],
      events: EventInput[],
      answers: Acknowledged[],
    ): Promise<void> {
      let rows = 0;
      for (const sessionId of sessionIds) {
        const { session, events: stored } = await readSession(arena.urls()[0]!, sessionId);
        expect(stored.map(({ position }) => position)).toEqual(stored.map((_, index) => index + 1));
        expect(session.eventCount).toBe(stored.length);
        const byId = new Map(stored.map((event) => [event.eventId, event]));
        expect(byId.size).toBe(stored.length);
        for (const { input, event } of answers)
          if (input.sessionId === sessionId) expect(byId.get(input.eventId)).toEqual(event);
        rows += stored.length;
      }
      expect(rows).toBe(events.length);
    }

    it(
      'stores each event once, however often and wherever it is sent',
      async () => {
        const sessionIds = await createSessions(arena.urls()[0]!, crowd.sessions, prefix());
        const events = differentEvents(sessionIds, crowd.events);

        const answers = await addFromEverywhere(() => arena.urls(), events, crowd.clients, 1);

        await expectExact(sessionIds, events, answers);
        expectCreatedOnce(events, answers);
      },
      timeout,
    );

    it(
      'ends a session in the middle of additions with everything acknowledged in it',
      async () => {
        const sessionIds = await createSessions(arena.urls()[0]!, 6, prefix());
        await Promise.all(
          sessionIds.map((sessionId, index) => completeWhileAdding(arena.urls(), sessionId, 15 + 40 * index)),
        );
      },
      timeout,
    );

    it(
      'lets one of two conflicting twins win, and tells the other',
      async () => {
        const [sessionId] = await createSessions(arena.urls()[0]!, 1, prefix());
        const twins = [0, 1].map((index) => new SessionClient(arena.urls()[index % servers]!));
        for (let round = 0; round < twinRounds; round += 1) {
          const answers = await Promise.all(
            twins.map((client, index) =>
              client.addEvent({
                sessionId: sessionId!,
                eventId: `twin-${round}`,
                type: 'SYSTEM',
                payload: { twin: index },
              }),
            ),
          );
          expect(answers.map(({ code, data }) => code ?? data?.created).sort()).toEqual([
            'EVENT_CONFLICT',
            true,
          ]);
        }
        for (const twin of twins) twin.close();
      },
      timeout,
    );

    it(
      'loses nothing acknowledged and doubles nothing when a server is killed under load',
      async () => {
        const sessionIds = await createSessions(arena.urls()[0]!, crowd.sessions, prefix());
        const events = differentEvents(sessionIds, crowd.events);
        let finished = false;
        const adding = addFromEverywhere(() => arena.urls(), events, crowd.clients, 2).finally(
          () => (finished = true),
        );
        const killing = (async () => {
          for (let kill = 0; kill < kills && !finished; kill += 1) {
            await pause(120 + 90 * kill);
            await arena.killAndRestart(kill % servers);
          }
        })();

        const [answers] = await Promise.all([adding, killing]);

        await expectExact(sessionIds, events, answers);
        expectCreatedOnce(events, answers);
      },
      timeout,
    );
  });
}

/** Clients add as fast as they can until they are told that the session has ended, which happens meanwhile. */
async function completeWhileAdding(urls: string[], sessionId: string, afterMs: number): Promise<void> {
  const adding = Array.from({ length: 8 }, async (_, worker) => {
    const url = () => urls[worker % urls.length]!;
    const client = new SessionClient(url());
    const stored: EventInput[] = [];
    for (let index = 0; ; index += 1) {
      const input: EventInput = {
        sessionId,
        eventId: `${worker}-${index}`,
        type: 'SYSTEM',
        payload: { index },
      };
      const answer = await addUntilAnswered(client, input, url);
      if ('code' in answer) return { client, stored, code: answer.code };
      stored.push(input);
    }
  });
  await pause(afterMs);
  const closer = new SessionClient(urls.at(-1)!);
  const completion = required(await closer.completeSession(sessionId));
  const atCompletion = await readSession(urls[0]!, sessionId);
  const workers = await Promise.all(adding);

  const acknowledged = workers.flatMap(({ stored }) => stored.map(({ eventId }) => eventId));
  expect(completion.session).toMatchObject({ status: 'COMPLETED', eventCount: acknowledged.length });
  expect(atCompletion.events.map(({ eventId }) => eventId).sort()).toEqual(acknowledged.sort());
  expect(await readSession(urls.at(-1)!, sessionId)).toEqual(atCompletion);
  expect(atCompletion.events.map(({ position }) => position)).toEqual(
    atCompletion.events.map((_, i) => i + 1),
  );
  for (const { client, stored, code } of workers) {
    expect(code).toBe('SESSION_COMPLETED');
    const last = stored.at(-1);
    if (last)
      expect((await client.addEvent(last)).data).toMatchObject({
        created: false,
        event: { eventId: last.eventId },
      });
    client.close();
  }
  closer.close();
}

/**
 * Of all the copies of an event exactly one was told `created: true`. Only where a copy got no answer, or was told to
 * come back, may that have been the one.
 */
function expectCreatedOnce(events: readonly EventInput[], answers: readonly Acknowledged[]): void {
  const created = new Map<string, number>(events.map(({ eventId }) => [eventId, 0]));
  for (const answer of answers)
    if (answer.created) created.set(answer.input.eventId, created.get(answer.input.eventId)! + 1);
  const unsure = new Set(
    answers.filter(({ unanswered }) => unanswered > 0).map(({ input }) => input.eventId),
  );
  const wrong = [...created].filter(
    ([eventId, times]) => times !== 1 && !(times === 0 && unsure.has(eventId)),
  );
  expect(wrong).toEqual([]);
}
