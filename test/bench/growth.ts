import { loadCalls } from '../generate/load';
import { openSessions } from './data';
import type { Bench } from './options';
import { describe, type PartReport } from './report';
import { Ring } from './ring';
import { compare } from './rounds';

// A long run, on demand: npm run bench -- growth
const few = 50_000;
const many = Number(process.env.BENCH_GROWTH ?? 5_000_000);

/** The rate of addEvent with millions of events stored against the rate with some thousands. */
export async function benchGrowth(bench: Bench): Promise<PartReport> {
  const ring = new Ring();
  try {
    const rates: number[] = [];
    const words: string[] = [];
    for (const events of [few, many]) {
      await ring.enter(
        'ours',
        async (store) => {
          await loadCalls(store, { sessions: Math.ceil(events / 50), events, seed: 1 }, () => undefined);
          return openSessions(store, 200);
        },
        `with-${events}`,
      );
    }
    const standings = await compare(bench.generator, ring.contenders, 'addEvent', 64, bench.pace);
    for (const { name } of ring.contenders) {
      rates.push(standings.get(name)!.perSecond);
      words.push(describe(standings.get(name)!));
    }
    const comparison = {
      what: `addEvent, 64 connections, ${many.toLocaleString('en-US')} events stored`,
      ours: words[1]!,
      peer: `${few.toLocaleString('en-US')} stored: ${words[0]}`,
      ratio: rates[1]! / rates[0]!,
      goal: { least: 0.85 },
    };
    return { part: 'growth', comparisons: [comparison] };
  } finally {
    await ring.close();
  }
}
