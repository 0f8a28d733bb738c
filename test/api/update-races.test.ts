import {
  AddEventDocument,
  CompleteSessionDocument,
  CreateSessionDocument,
  GetSessionDocument,
  GetSessionsDocument,
  UpdateSessionDocument,
} from '../generated/operations';
import { TestClient } from '../support/test-client';
import { newId } from './conversation';
import { openRaceArena, type RaceArena } from './race-arena';

const updates = 200;
const events = 100;

describe('updates that race over two processes', () => {
  let arena: RaceArena;
  let clients: TestClient[];

  beforeAll(async () => {
    arena = await openRaceArena(2);
    clients = arena.urls().map((url) => new TestClient(url));
  }, 60_000);
  afterAll(() => arena.close());

  const clientOf = (n: number) => clients[n % clients.length]!;

  async function newSession(): Promise<string> {
    const sessionId = newId();
    await clientOf(0).execute(CreateSessionDocument, { input: { sessionId, language: 'en' } });
    return sessionId;
  }

  it('are all there afterwards, with every event that was added meanwhile', async () => {
    const sessionId = await newSession();
    const update = (n: number) =>
      clientOf(n).execute(UpdateSessionDocument, {
        input: { sessionId, setMetadata: { [`k${n}`]: `v${n}` } },
      });
    const add = (n: number) =>
      clientOf(n).execute(AddEventDocument, {
        input: { sessionId, eventId: `e${n}`, type: 'SYSTEM', payload: {} },
      });

    const [updated, added] = await Promise.all([
      Promise.all(Array.from({ length: updates }, (_, n) => update(n))),
      Promise.all(Array.from({ length: events }, (_, n) => add(n))),
    ]);

    expect(updated.every(({ updateSession }) => updateSession.updated)).toBe(true);
    expect(added.map(({ addEvent }) => addEvent.event.position).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: events }, (_, n) => n + 1),
    );
    const { session } = await clientOf(1).execute(GetSessionDocument, { sessionId });
    expect(session!.eventCount).toBe(events);
    expect(session!.metadata).toEqual(
      Object.fromEntries(Array.from({ length: updates }, (_, n) => [`k${n}`, `v${n}`])),
    );
    for (const n of [0, 1, updates - 1]) {
      const filter = { metadata: { [`k${n}`]: `v${n}` }, sessionIds: [sessionId] };
      expect((await clientOf(n).execute(GetSessionsDocument, { filter })).sessions.totalCount).toBe(1);
    }
  }, 60_000);

  it('lose nothing to an end that sets keys of its own', async () => {
    const sessionId = await newSession();
    const update = (n: number) =>
      clientOf(n).execute(UpdateSessionDocument, { input: { sessionId, setMetadata: { [`k${n}`]: n } } });
    const complete = (n: number) =>
      clientOf(n).execute(CompleteSessionDocument, {
        input: { sessionId, endReason: `reason ${n}`, setMetadata: { [`end${n}`]: n } },
      });

    const [, ends] = await Promise.all([
      Promise.all(Array.from({ length: 60 }, (_, n) => update(n))),
      Promise.all([0, 1, 2, 3].map(complete)),
    ]);

    const winner = ends.findIndex(({ completeSession }) => completeSession.completed);
    expect(ends.filter(({ completeSession }) => completeSession.completed)).toHaveLength(1);
    const { session } = await clientOf(0).execute(GetSessionDocument, { sessionId });
    expect(session).toMatchObject({ status: 'COMPLETED', endReason: `reason ${winner}` });
    expect(session!.metadata).toEqual({
      ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`k${n}`, n])),
      [`end${winner}`]: winner,
    });
  }, 60_000);
});
