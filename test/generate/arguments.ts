import { parseArgs } from 'node:util';
import type { Amount } from './calls';

export const usage = `Fills the database (DATA_DIR, or MONGODB_URI) with calls that look real.

  npm run generate -- [--sessions 1000] [--events 20000] [--seed 1]

The same seed gives the same calls: doing it again adds nothing, and goes on where it was stopped.`;

/** The amount that the command line asks for; null where it asks for help. Throws one line that says what is wrong. */
export function readArguments(words: readonly string[]): Amount | null {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { sessions: number, events: number, seed: number, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return null;
  return {
    sessions: whole('sessions', values.sessions ?? '1000', 1),
    events: whole('events', values.events ?? '20000', 0),
    seed: whole('seed', values.seed ?? '1', 0),
  };
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > 4_294_967_295) {
    throw new Error(
      `--${name} must be a whole number from ${least} to 4294967295, not ${JSON.stringify(text)}`,
    );
  }
  return number;
}
