import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Standing } from './rounds';

/** One comparison: how many times the peer's figure ours is, and what it is meant to be. */
export interface Comparison {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: number;
  /** `least`: the ratio must not be below; `most`: not above. Without one it is only told. */
  readonly goal: { readonly least?: number; readonly most?: number } | null;
}

/** What one part of the bench found. */
export interface PartReport {
  readonly part: string;
  readonly comparisons: readonly Comparison[];
}

/** Rates and times as a person reads them: `4,210/s, p50 3.1 ms, p99 9.8 ms`. */
export function describe({ perSecond, p50, p99 }: Standing): string {
  return `${rate(perSecond)}, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms`;
}

export function rate(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en-US')}/s`;
}

export function isMet({ ratio, goal }: Comparison): boolean {
  return ratio >= (goal?.least ?? -Infinity) && ratio <= (goal?.most ?? Infinity);
}

export function printReport({ part, comparisons }: PartReport): void {
  console.log(`\n${part}`);
  const rows = comparisons.map((one) => [
    one.what,
    one.ours,
    one.peer,
    `${one.ratio.toFixed(2)} ×`,
    goalWords(one),
  ]);
  const table = [['', 'ours', 'peer', 'ratio', 'goal'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()}`,
    );
}

function goalWords(comparison: Comparison): string {
  const { goal } = comparison;
  if (!goal) return '';
  const words = goal.least !== undefined ? `at least ${goal.least}` : `at most ${goal.most}`;
  return `${words} ${isMet(comparison) ? '✓' : '✗'}`;
}

/** Everything that was measured, with what it was measured on. */
export function writeReports(file: string, reports: readonly PartReport[], database: string): void {
  const on = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    database,
  };
  writeFileSync(file, `${JSON.stringify({ on, reports }, null, 2)}\n`);
}
