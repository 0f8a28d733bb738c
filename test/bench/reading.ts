import { heavyCalls, recordedCalls } from './data';
import type { Bench } from './options';
import { describe, type Comparison, type PartReport } from './report';
import { Ring } from './ring';
import { compare } from './rounds';

/** A session with a page of its events: against skip and count with hydrated documents, and the driver alone. */
export async function benchReading(bench: Bench): Promise<PartReport> {
  const pages = await benchPages(bench);
  return { part: 'reading', comparisons: [...pages, ...(await benchBigPages(bench))] };
}

async function benchPages(bench: Bench): Promise<Comparison[]> {
  const ring = new Ring();
  try {
    await ring.enter('ours', (store) => recordedCalls(store, 200));
    await ring.enter('peers/skip-and-count', (store) => recordedCalls(store, 200));
    await ring.enter('peers/driver-alone', (store) => recordedCalls(store, 200));
    const comparisons: Comparison[] = [];
    for (const connections of bench.connections) {
      const standings = await compare(bench.generator, ring.contenders, 'page', connections, bench.pace);
      const ours = standings.get('ours')!;
      const against = (name: string, words: string, least: number): Comparison => ({
        what: `a session with 50 events, ${connections} connections`,
        ours: describe(ours),
        peer: `${words}: ${describe(standings.get(name)!)}`,
        ratio: ours.perSecond / standings.get(name)!.perSecond,
        goal: connections === 64 ? { least } : null,
      });
      comparisons.push(
        against('skip-and-count', 'skip and count', 2.5),
        against('driver-alone', 'driver alone', 1),
      );
    }
    return comparisons;
  } finally {
    await ring.close();
  }
}

async function benchBigPages(bench: Bench): Promise<Comparison[]> {
  const ring = new Ring();
  try {
    await ring.enter('ours', heavyCalls);
    await ring.enter('peers/driver-alone', heavyCalls);
    const standings = await compare(bench.generator, ring.contenders, 'bigPage', 4, bench.pace);
    const [ours, driver] = [standings.get('ours')!, standings.get('driver-alone')!];
    return [
      {
        what: '500 events of 1 KiB, 4 connections',
        ours: describe(ours),
        peer: `driver alone: ${describe(driver)}`,
        ratio: ours.perSecond / driver.perSecond,
        goal: { least: 0.8 },
      },
    ];
  } finally {
    await ring.close();
  }
}
