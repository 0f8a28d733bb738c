import type { LoadProcess } from './load-process';
import type { Pace } from './rounds';

/** What every part is told. */
export interface Bench {
  readonly generator: LoadProcess;
  readonly pace: Pace;
  readonly connections: readonly number[];
  /** Which goals hold: they differ where the database is a MongoDB of its own. */
  readonly database: 'embedded engine' | 'MongoDB';
}

/** BENCH_SECONDS each, BENCH_ROUNDS counted rounds after the warm-up, at BENCH_CONNECTIONS. */
export function readPace(): Pick<Bench, 'pace' | 'connections' | 'database'> {
  return {
    pace: { seconds: number('BENCH_SECONDS', 2), rounds: number('BENCH_ROUNDS', 3) },
    connections: (process.env.BENCH_CONNECTIONS ?? '1,16,64,256').split(',').map(Number),
    database: process.env.MONGODB_URI ? 'MongoDB' : 'embedded engine',
  };
}

function number(variable: string, fallback: number): number {
  const value = Number(process.env[variable] ?? fallback);
  if (!(value > 0)) throw new Error(`${variable} must be a number above 0`);
  return value;
}
