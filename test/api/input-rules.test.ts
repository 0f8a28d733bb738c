import { AddEventDocument, CreateSessionDocument, GetSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addEvent, newId, newSession, speech } from './conversation';

const test = useTestApp();

const deep = (levels: number): Record<string, unknown> => (levels === 1 ? {} : { a: deep(levels - 1) });
/** A payload of exactly so many bytes as JSON. */
const sized = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
const KiB = 1024;

const refusal = (argument: string) => ({
  errors: [
    {
      message: expect.stringContaining(`${argument} must `),
      extensions: { code: 'BAD_USER_INPUT', argument, retryable: false },
    },
  ],
});

describe('an id', () => {
  it.each([
    ['is empty', ''],
    ['has a space', 'a b'],
    ['has a tab', 'a\tb'],
    ['ends in a line break', 'a\n'],
    ['has a no-break space', 'a\u00a0b'],
    ['has a control character', 'a\u0000b'],
    ['has half a character', 'a\ud800'],
    ['has 129 characters', 'x'.repeat(129)],
    ['has 10,000 characters', 'x'.repeat(10_000)],
  ])('that %s is refused', async (_, id) => {
    const sessionId = await newSession(test.app);

    await expect(
      test.app.execute(CreateSessionDocument, { input: { sessionId: id, language: 'en' } }),
    ).rejects.toMatchObject(refusal('input.sessionId'));
    await expect(test.app.execute(AddEventDocument, { input: speech(sessionId, id) })).rejects.toMatchObject(
      refusal('input.eventId'),
    );
    await expect(test.app.execute(GetSessionDocument, { sessionId: id })).rejects.toMatchObject(
      refusal('sessionId'),
    );
  });

  it.each([
    ['128 characters', 'x'.repeat(118)],
    ['118 characters beyond the 16 bits', '😀'.repeat(118)],
    ['marks of every kind', '$.{}[]()"\'\\/:;,?&=%#'],
  ])('of %s is taken', async (_, rest) => {
    const id = `${Date.now().toString(36).slice(-8)}-${rest}-`.slice(0, 300);

    const sessionId = await newSession(test.app, { sessionId: id });
    await test.app.execute(AddEventDocument, { input: speech(id, id) });

    expect(sessionId).toBeDefined();
    const { session } = await test.app.execute(GetSessionDocument, { sessionId: id });
    expect(session).toMatchObject({ sessionId: id, eventCount: 1 });
  });
});

describe('a language', () => {
  it.each(['', 'languages', 'e', 'en_US', 'en-', '-en', 'en US', 'en-GB-oed-x', `en-x-${'a'.repeat(200)}`])(
    '%j is refused',
    async (language) => {
      await expect(
        test.app.execute(CreateSessionDocument, { input: { sessionId: newId(), language } }),
      ).rejects.toMatchObject(refusal('input.language'));
    },
  );

  it.each([
    ['EN-us', 'en-US'],
    ['zh-hans-cn', 'zh-Hans-CN'],
    ['de-CH-1996', 'de-CH-1996'],
    ['sr-latn', 'sr-Latn'],
  ])('%s is %s', async (language, canonical) => {
    const { createSession } = await test.app.execute(CreateSessionDocument, {
      input: { sessionId: newId(), language },
    });

    expect(createSession.session.language).toBe(canonical);
  });
});

describe('an instant', () => {
  it.each([
    'yesterday',
    '',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00Z',
    '2026-01-01 00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:59:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+0100',
    '+012026-01-01T00:00:00Z',
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2026-01-01T00:00:00.Z',
    1767225600000,
    true,
    {},
  ])('%j is refused', async (timestamp) => {
    const sessionId = await newSession(test.app);
    const input = { ...speech(sessionId, 'e1'), timestamp: timestamp as string };

    await expect(test.app.execute(AddEventDocument, { input })).rejects.toMatchObject(
      refusal('input.timestamp'),
    );
  });

  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01t00:00:00.1z', '2026-01-01T00:00:00.100Z'],
    ['2026-01-01T00:00:00.9999999Z', '2026-01-01T00:00:00.999Z'],
    ['2026-01-01T05:30:00+05:30', '2026-01-01T00:00:00.000Z'],
    ['2025-12-31T16:00:00-08:00', '2026-01-01T00:00:00.000Z'],
    ['2024-02-29T12:00:00-00:00', '2024-02-29T12:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', async (timestamp, utc) => {
    const { event } = await addEvent(test.app, speech(await newSession(test.app), 'e1', { timestamp }));

    expect(event.timestamp).toBe(utc);
  });
});

describe('a payload', () => {
  it.each<[string, unknown]>([
    ['a text', '{}'],
    ['a list', []],
    ['a number', 1],
    ['over 256 KiB', sized(256 * KiB + 1)],
    ['of 300 KiB', sized(300 * KiB)],
    ['over 256 KiB in UTF-8 only', { text: 'ü'.repeat(128 * KiB) }],
    ['33 levels deep', deep(33)],
    ['500 levels deep', deep(500)],
    ['with lists 500 levels deep', { a: JSON.parse('['.repeat(500) + ']'.repeat(500)) }],
  ])('that is %s is refused, and nothing is stored', async (_, payload) => {
    const sessionId = await newSession(test.app);
    const input = { ...speech(sessionId, 'e1'), payload: payload as Record<string, unknown> };

    await expect(test.app.execute(AddEventDocument, { input })).rejects.toMatchObject(
      refusal('input.payload'),
    );
    expect((await test.app.execute(GetSessionDocument, { sessionId })).session).toMatchObject({
      eventCount: 0,
    });
  });

  it.each([
    ['exactly 256 KiB', sized(256 * KiB)],
    ['32 levels deep', deep(32)],
  ])('of %s is taken', async (_, payload) => {
    const { event } = await addEvent(test.app, speech(await newSession(test.app), 'e1', { payload }));

    expect(event.payload).toEqual(payload);
  });

  it('with a number that JSON cannot say is refused', async () => {
    const sessionId = await newSession(test.app);
    const body = `{"query":"mutation($p: JSONObject!) { addEvent(input: { sessionId: \\"${sessionId}\\", eventId: \\"e\\", type: SYSTEM, payload: $p }) { created } }", "variables": {"p": {"n": 1e400}}}`;

    const answer = await (await test.app.post(body)).json();

    expect(answer).toMatchObject(refusal('input.payload'));
  });
});

describe('metadata', () => {
  it.each<[string, unknown]>([
    ['over 16 KiB', sized(16 * KiB + 1)],
    ['33 levels deep', deep(33)],
    ['a text', 'x'],
  ])('that is %s is refused', async (_, metadata) => {
    const input = { sessionId: newId(), language: 'en', metadata: metadata as Record<string, unknown> };

    await expect(test.app.execute(CreateSessionDocument, { input })).rejects.toMatchObject(
      refusal('input.metadata'),
    );
  });

  it('of exactly 16 KiB is taken', async () => {
    await newSession(test.app, { metadata: sized(16 * KiB) });
  });
});

describe('an unknown enum value', () => {
  it('is refused', async () => {
    const input = { ...speech(await newSession(test.app), 'e1'), type: 'SHOUTING' as 'SYSTEM' };

    await expect(test.app.execute(AddEventDocument, { input })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});
