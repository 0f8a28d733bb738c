import { CompleteSessionDocument, CreateSessionDocument, GetSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addEvent, newId, newSession, speech } from './conversation';

const test = useTestApp();

const create = async (input: object) =>
  (await test.app.execute(CreateSessionDocument, { input: { sessionId: newId(), language: 'en', ...input } }))
    .createSession;

const complete = async (input: {
  sessionId: string;
  outcome?: 'COMPLETED' | 'FAILED';
  endedAt?: string | null;
}) => (await test.app.execute(CompleteSessionDocument, { input })).completeSession;

const read = async (sessionId: string) => (await test.app.execute(GetSessionDocument, { sessionId })).session;

describe('createSession', () => {
  it('creates a session that is there for every reader', async () => {
    const sessionId = newId();
    const metadata = { userId: 'user-456', plan: { name: 'pro', since: null } };

    const { session, created } = await create({
      sessionId,
      language: 'pt-br',
      metadata,
      startedAt: '2026-01-01T01:00:00+01:00',
    });

    expect(created).toBe(true);
    expect(session).toEqual({
      id: expect.any(String),
      sessionId,
      status: 'INITIATED',
      language: 'pt-BR',
      metadata,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: null,
      endReason: null,
      durationMs: null,
      eventCount: 0,
      lastEventAt: null,
    });
    expect(await read(sessionId)).toEqual(session);
  });

  it('starts now and has empty metadata where neither was sent, also by an explicit null', async () => {
    const before = Date.now();

    const { session } = await create({ metadata: null, startedAt: null });

    expect(session.metadata).toEqual({});
    expect(Date.parse(session.startedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(session.startedAt)).toBeLessThanOrEqual(Date.now());
  });

  it('returns the session as it stands when it exists already, whatever else is sent', async () => {
    const sessionId = await newSession(test.app, { language: 'de', metadata: { a: 1 } });
    await addEvent(test.app, speech(sessionId, 'e1'));

    const again = await create({ sessionId, language: 'fr', metadata: { b: 2 } });

    expect(again.created).toBe(false);
    expect(again.session).toMatchObject({
      language: 'de',
      metadata: { a: 1 },
      status: 'ACTIVE',
      eventCount: 1,
    });
  });

  it('creates once when five hundred ask at once, and nobody gets an error', async () => {
    const sessionId = newId();

    const answers = await Promise.all(Array.from({ length: 500 }, () => create({ sessionId })));

    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ session }) => JSON.stringify(session))).size).toBe(1);
  });
});

describe('completeSession', () => {
  it('ends a session once; a retry gets it as it stands', async () => {
    const sessionId = await newSession(test.app, { startedAt: '2026-01-01T00:00:00Z' });

    const first = await complete({ sessionId, endedAt: '2026-01-01T00:01:30.500Z' });
    const again = await complete({ sessionId, outcome: 'FAILED', endedAt: '2026-02-01T00:00:00Z' });

    expect(first.completed).toBe(true);
    expect(first.session).toMatchObject({
      status: 'COMPLETED',
      endedAt: '2026-01-01T00:01:30.500Z',
      durationMs: 90_500,
    });
    expect(again).toEqual({ ...first, completed: false });
    expect(await read(sessionId)).toEqual(first.session);
  });

  it('keeps the outcome FAILED apart', async () => {
    const sessionId = await newSession(test.app);

    const { session } = await complete({ sessionId, outcome: 'FAILED' });

    expect(session.status).toBe('FAILED');
  });

  it('ends once when fifty ask at once', async () => {
    const sessionId = await newSession(test.app);

    const answers = await Promise.all(Array.from({ length: 50 }, () => complete({ sessionId })));

    expect(answers.filter(({ completed }) => completed)).toHaveLength(1);
  });

  it('refuses an end before the start', async () => {
    const sessionId = await newSession(test.app, { startedAt: '2026-01-01T00:00:00.000Z' });

    await expect(complete({ sessionId, endedAt: '2025-12-31T23:59:59.999Z' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('input.endedAt'),
    });
    expect(await read(sessionId)).toMatchObject({ status: 'INITIATED', endedAt: null });
  });

  it('ends a session that starts in the future at its start, where no end was sent', async () => {
    const sessionId = await newSession(test.app, { startedAt: '2999-01-01T00:00:00.000Z' });

    const { session } = await complete({ sessionId, endedAt: null });

    expect(session).toMatchObject({ endedAt: '2999-01-01T00:00:00.000Z', durationMs: 0 });
  });

  it('says so where there is no such session', async () => {
    await expect(complete({ sessionId: newId() })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('session', () => {
  it('is null where there is none', async () => {
    expect(await read(newId())).toBeNull();
  });
});
