import {
  AddEventDocument,
  CompleteSessionDocument,
  type CompleteSessionInput,
  GetSessionDocument,
  GetSessionsDocument,
  UpdateSessionDocument,
  type UpdateSessionInput,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { newId, newSession } from './conversation';

const test = useTestApp();

const update = async (input: UpdateSessionInput) =>
  (await test.app.execute(UpdateSessionDocument, { input })).updateSession;
const complete = async (input: CompleteSessionInput) =>
  (await test.app.execute(CompleteSessionDocument, { input })).completeSession;
const stored = async (sessionId: string) =>
  (await test.app.execute(GetSessionDocument, { sessionId })).session!;
const found = async (metadata: Record<string, unknown>) => {
  const { sessions } = await test.app.execute(GetSessionsDocument, { filter: { metadata } });
  return sessions.edges.map(({ node }) => node.sessionId);
};
const end = (sessionId: string) => complete({ sessionId, outcome: 'COMPLETED' });

/** A JSON object as it is sent: JSON.parse makes `__proto__` a key like any other. */
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe('updateSession', () => {
  it.each(['before', 'after'] as const)('sets and removes keys of the metadata, %s the end', async (when) => {
    const sessionId = await newSession(test.app, { metadata: { a: 1, b: { deep: true }, c: 'x' } });
    if (when === 'after') await end(sessionId);

    const { updated, session } = await update({
      sessionId,
      setMetadata: { b: { other: 1 }, d: [null] },
      unsetMetadata: ['c', 'never'],
      language: 'pt-br',
    });

    expect(updated).toBe(true);
    expect(session).toMatchObject({ language: 'pt-BR', metadata: { a: 1, b: { other: 1 }, d: [null] } });
    expect(session.metadata).not.toHaveProperty('c');
    expect(await stored(sessionId)).toEqual(session);
  });

  it('says that there was nothing to do where the session says it already', async () => {
    const sessionId = await newSession(test.app, { metadata: { a: { x: 1, y: [2] } }, language: 'en' });
    const input = { sessionId, setMetadata: { a: { y: [2], x: 1 } }, unsetMetadata: ['b'], language: 'EN' };

    expect(await update(input)).toEqual({ updated: false, session: await stored(sessionId) });
    expect(await update({ sessionId })).toMatchObject({ updated: false });
  });

  it.each([
    '{"a.b": 1, "$ref": {"$id": 2}, "": "empty", "__proto__": {"x": 1}, "constructor": 3}',
    '{"\\u0000": 1, "\\ud800": "\\udfff", "_bsontype": "ObjectId", "0": "zero"}',
  ])('keeps any key as it came: %s', async (text) => {
    const sessionId = await newSession(test.app, { metadata: { kept: true } });

    await update({ sessionId, setMetadata: json(text) });
    const { metadata } = await stored(sessionId);
    expect(metadata).toEqual({ kept: true, ...json(text) });

    expect((await update({ sessionId, setMetadata: json(text) })).updated).toBe(false);
    const { session } = await update({ sessionId, unsetMetadata: Object.keys(json(text)) });
    expect(session.metadata).toEqual({ kept: true });
  });

  it('lets the list find the new values at once, and the old ones no more', async () => {
    const [before, after] = [newId('user'), newId('user')];
    const sessionId = await newSession(test.app, { metadata: { user: before } });

    await update({ sessionId, setMetadata: { user: after, 'a.b': before } });

    expect(await found({ user: before })).toEqual([]);
    expect(await found({ user: after })).toEqual([sessionId]);
    expect(await found({ 'a.b': before })).toEqual([sessionId]);

    await update({ sessionId, unsetMetadata: ['user'] });
    expect(await found({ user: after })).toEqual([]);
  });

  it('refuses what would make the metadata too large, and changes nothing then', async () => {
    const sessionId = await newSession(test.app, { metadata: { a: 'x'.repeat(10_000) } });
    const before = await stored(sessionId);

    await expect(
      update({ sessionId, setMetadata: { b: 'x'.repeat(7000) }, language: 'fr' }),
    ).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'input.setMetadata' } }],
    });

    expect(await stored(sessionId)).toEqual(before);
    // What is removed in the same step makes room.
    const { session } = await update({
      sessionId,
      unsetMetadata: ['a'],
      setMetadata: { b: 'x'.repeat(16_000) },
    });
    expect(Object.keys(session.metadata)).toEqual(['b']);
  });

  const nested = (depth: number): unknown => (depth === 0 ? {} : { inner: nested(depth - 1) });

  it.each<[string, Partial<UpdateSessionInput>, string]>([
    ['a key in both', { setMetadata: { a: 1 }, unsetMetadata: ['b', 'a'] }, 'input.unsetMetadata.1'],
    ['too deep', { setMetadata: { a: nested(31) } }, 'input.setMetadata'],
    ['no object', { setMetadata: [] as never }, 'input.setMetadata'],
    ['too many keys', { unsetMetadata: Array.from({ length: 1001 }, String) }, 'input.unsetMetadata'],
    ['no language', { language: 'not a language' }, 'input.language'],
    ['no id', { sessionId: 'a b' }, 'input.sessionId'],
  ])('refuses what breaks a rule: %s', async (_, input, argument) => {
    const sessionId = await newSession(test.app, {});
    await expect(update({ sessionId, ...input })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument } }],
    });
  });

  it('finds no session where there is none', async () => {
    await expect(update({ sessionId: newId('none'), setMetadata: {} })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });

  it('says of each of many at once what became of it', async () => {
    const sessionId = await newSession(test.app, { metadata: {} });
    const sent = Array.from({ length: 60 }, (_, n) => n % 30);

    const answers = await Promise.all(sent.map((n) => update({ sessionId, setMetadata: { [`k${n}`]: n } })));

    expect(answers.filter(({ updated }) => updated)).toHaveLength(30);
    const { metadata } = await stored(sessionId);
    expect(metadata).toEqual(Object.fromEntries(sent.map((n) => [`k${n}`, n])));
  });

  it('leaves alone what events change, and the other way round', async () => {
    const sessionId = await newSession(test.app, { metadata: {} });
    const add = (n: number) =>
      test.app.execute(AddEventDocument, {
        input: { sessionId, eventId: `e${n}`, type: 'SYSTEM', payload: {} },
      });
    const numbers = Array.from({ length: 40 }, (_, n) => n);

    const added = await Promise.all(
      numbers.flatMap((n) => [add(n), update({ sessionId, setMetadata: { [`k${n}`]: n } })]),
    );

    expect(added).toHaveLength(80);
    const { eventCount, metadata, status } = await stored(sessionId);
    expect({ eventCount, status }).toEqual({ eventCount: 40, status: 'ACTIVE' });
    expect(Object.keys(metadata)).toHaveLength(40);
  });
});

describe('completeSession', () => {
  it('says why it ended and what is then known of it in the same step', async () => {
    const sessionId = await newSession(test.app, { metadata: { a: 1 } });
    const summary = newId('summary');

    const ended = await complete({
      sessionId,
      outcome: 'FAILED',
      endReason: 'customer hung up – 顧客',
      setMetadata: { summary },
    });

    expect(ended).toMatchObject({
      completed: true,
      session: { status: 'FAILED', endReason: 'customer hung up – 顧客', metadata: { a: 1, summary } },
    });
    expect(await stored(sessionId)).toEqual(ended.session);
    expect(await found({ summary })).toEqual([sessionId]);
  });

  it('changes nothing the second time', async () => {
    const sessionId = await newSession(test.app, {});
    const first = await complete({ sessionId, outcome: 'COMPLETED', endReason: 'first' });

    const second = await complete({
      sessionId,
      outcome: 'FAILED',
      endReason: 'second',
      setMetadata: { late: true },
    });

    expect(second).toEqual({ completed: false, session: first.session });
  });

  it.each<[string, Partial<CompleteSessionInput>, string]>([
    ['an empty reason', { endReason: '' }, 'input.endReason'],
    ['a reason that is too long', { endReason: 'x'.repeat(129) }, 'input.endReason'],
    ['metadata that would be too large', { setMetadata: { b: 'x'.repeat(9000) } }, 'input.setMetadata'],
  ])('ends nothing with %s', async (_, input, argument) => {
    const sessionId = await newSession(test.app, { metadata: { a: 'x'.repeat(9000) } });

    await expect(complete({ sessionId, outcome: 'COMPLETED', ...input })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument } }],
    });

    expect(await stored(sessionId)).toMatchObject({ status: 'INITIATED', endedAt: null });
  });
});
