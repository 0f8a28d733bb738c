import { parseArgs } from 'node:util';
import type { Amount } from './calls';

export const usage = `Fills the database (DATA_DIR, or MONGODB_URI) with calls that look real.

  npm run generate -- [--sessions 1000] [--events 20000] [--seed 1] [--days 90] [--until 2026-01-31T12:00:00Z]

The calls fill the days before --until, which is now where it is not given. The same numbers and the same --until give the
same calls: doing it again adds nothing, and goes on where it was stopped.`;

/** The amount that the command line asks for; null where it asks for help. Throws one line that says what is wrong. */
export function readArguments(words: readonly string[]): Required<Amount> | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      sessions: text,
      events: text,
      seed: text,
      days: text,
      until: text,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  return {
    sessions: whole('sessions', values.sessions ?? '1000', 1),
    events: whole('events', values.events ?? '20000', 0),
    seed: whole('seed', values.seed ?? '1', 0),
    days: whole('days', values.days ?? '90', 1, 36_500),
    until: instant('until', values.until),
  };
}

/** Without a text: now, on the second. */
function instant(name: string, text: string | undefined): Date {
  const time = text === undefined ? Math.floor(Date.now() / 1000) * 1000 : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new Error(`--${name} must be a time such as 2026-01-31T12:00:00Z, not ${JSON.stringify(text)}`);
  }
  return new Date(time);
}

function whole(name: string, text: string, least: number, most = 4_294_967_295): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  }
  return number;
}
