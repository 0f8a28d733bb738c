import { startTestApp } from '../support/test-app';

const query = 'query Look($id: ID!) { session(sessionId: $id) { status } }';

describe('LOG_REQUESTS', () => {
  it('logs a line for every operation, with how it went and nothing that it carried', async () => {
    const app = await startTestApp({ LOG_REQUESTS: 'on' });
    const body = JSON.stringify({ query, variables: { id: 'secret-id' } });
    for (const id of ['first', 'second', 'third']) await app.post(body, { 'x-request-id': id });
    await app.send('query Broken { nothing }');

    const lines = app.log.all().filter(({ level, message }) => level === 'info' && message === 'request');

    const expected = { operation: 'Look', type: 'query', transport: 'http', errors: [], caller: 'anonymous' };
    expect(lines.map(({ details }) => details)).toEqual([
      expect.objectContaining({ requestId: 'first', cost: expect.any(Number), ...expected }),
      expect.objectContaining({ requestId: 'second', durationMs: expect.any(Number), ...expected }),
      expect.objectContaining({ requestId: 'third', ...expected }),
      expect.objectContaining({ operation: null, type: null, errors: ['GRAPHQL_VALIDATION_FAILED'] }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret-id');
    await app.close();
  });

  it('is off by default', async () => {
    const app = await startTestApp();
    await app.send(query, { id: 'a' });

    expect(app.log.all().filter(({ level, message }) => level === 'info' && message === 'request')).toEqual(
      [],
    );
    await app.close();
  });
});

describe('a burst of slow requests', () => {
  it('is a line a second, which says how many there were', async () => {
    const app = await startTestApp({ SLOW_REQUEST_MS: '1' });
    const until = Date.now() + 2500;
    let sent = 0;
    while (Date.now() < until || sent <= 100) {
      await Promise.all(Array.from({ length: 50 }, (_, id) => app.send(query, { id: `s${id}` })));
      sent += 50;
    }

    const lines = app.log
      .all()
      .filter(({ level, message }) => level === 'warn' && /slow request/.test(message));

    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(Math.ceil((Date.now() - until + 2500) / 1000) + 1);
    expect(lines.at(-1)).toMatchObject({
      message: expect.stringMatching(/^slow request, and \d+ more within a second$/),
      details: { operation: 'Look', count: expect.any(Number), durationMs: expect.any(Number) },
    });
    await app.close();
  });
});

describe('x-request-id', () => {
  it.each([
    ['the id that the client sent', 'call-1:attempt/2', 'call-1:attempt/2'],
    ['an id of our own where it sent none', undefined, /^[0-9a-f]{8}-\d+$/],
    ['an id of our own where it cannot be used', 'a b', /^[0-9a-f]{8}-\d+$/],
    ['an id of our own where it is too long', 'x'.repeat(129), /^[0-9a-f]{8}-\d+$/],
  ])('of the answer is %s', async (_, sent, answered) => {
    const app = await startTestApp();
    const headers: Record<string, string> = sent === undefined ? {} : { 'x-request-id': sent };

    for (const body of [JSON.stringify({ query, variables: { id: 'a' } }), 'not JSON']) {
      const response = await app.post(body, headers);
      expect(response.headers.get('x-request-id')).toEqual(
        typeof answered === 'string' ? answered : expect.stringMatching(answered),
      );
    }
    await app.close();
  });
});
