import { readArguments } from './arguments';
import { generateCalls, type Amount } from './calls';

const until = new Date('2026-11-26T07:54:40Z');
const amount: Amount = { sessions: 300, events: 6000, seed: 3, days: 7, until };

function generated(of: Amount) {
  const all = [...generateCalls(of)];
  return {
    sessions: all.flatMap((one) => ('session' in one ? [one.session] : [])),
    events: all.flatMap((one) => ('event' in one ? [one.event] : [])),
  };
}

describe('generated calls', () => {
  it('are as many as asked for, in the days before an instant, with nothing after it', () => {
    const { sessions, events } = generated(amount);

    expect(sessions).toHaveLength(300);
    expect(events).toHaveLength(6000);
    const starts = sessions.map(({ startedAt }) => startedAt.getTime());
    expect(Math.min(...starts)).toBeGreaterThan(until.getTime() - 7 * 86_400_000);
    expect(Math.max(...starts)).toBeGreaterThan(until.getTime() - 6 * 3_600_000);
    const times = [
      ...sessions.flatMap(({ endedAt, lastEventAt }) => [endedAt, lastEventAt]),
      ...events.flatMap(({ timestamp, receivedAt }) => [timestamp, receivedAt]),
    ];
    expect(Math.max(...times.map((time) => time?.getTime() ?? 0))).toBeLessThanOrEqual(until.getTime());
  });

  it('are the same again for the same amount, and shifted for another instant', () => {
    const later = { ...amount, until: new Date(until.getTime() + 86_400_000) };

    expect(generated(amount)).toEqual(generated(amount));
    expect(generated(later).events.map(({ payload }) => payload)).toEqual(
      generated(amount).events.map(({ payload }) => payload),
    );
  });
});

describe('the command line', () => {
  it('ends the calls now, unless it says when', () => {
    expect(Date.now() - readArguments([])!.until.getTime()).toBeLessThan(60_000);
    expect(readArguments(['--until', '2026-11-26T07:54:40Z', '--days', '7'])).toMatchObject({
      until,
      days: 7,
    });
  });

  it.each([
    [['--until', 'yesterday'], '--until must be a time'],
    [['--days', '0'], '--days must be a whole number from 1'],
    [['--sessions', 'many'], '--sessions must be a whole number'],
  ])('refuses %j', (words, message) => {
    expect(() => readArguments(words)).toThrow(message);
  });
});
