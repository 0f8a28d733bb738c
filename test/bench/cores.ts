import { availableParallelism } from 'node:os';
import { openSessions, recordedCalls } from './data';
import type { Bench } from './options';
import { rate, type Comparison, type PartReport } from './report';
import { Ring, type Entrant } from './ring';
import { compareSpending, type Spent } from './spending';
import type { Store } from '../../src/store/store';

const connections = 64;

/**
 * Events and pages with 1, 2 and all workers, and what each request costs in CPU time beside a peer: a rate on cores that
 * the load generator and the database share says little, CPU time a request does not move with the neighbours.
 */
export async function benchCores(bench: Bench): Promise<PartReport> {
  return {
    part: 'cores',
    comparisons: [
      ...(await benchWorkload(bench, 'addEvent', 'peers/one-by-one', (store) => openSessions(store, 200))),
      ...(await benchWorkload(bench, 'page', 'peers/skip-and-count', (store) => recordedCalls(store, 200))),
    ],
  };
}

async function benchWorkload(
  bench: Bench,
  workload: string,
  peer: Entrant,
  fill: (store: Store) => Promise<string[]>,
): Promise<Comparison[]> {
  const ring = new Ring();
  try {
    for (const workers of workerCounts()) {
      const name = `${workers} worker${workers === 1 ? '' : 's'}`;
      await ring.enter('ours', fill, name, { WORKERS: String(workers) });
    }
    await ring.enter('ours', fill, 'with metrics', { METRICS: 'on' });
    await ring.enter(peer, fill);
    const spent = await compareSpending(bench, ring.contenders, workload, connections);
    return comparisonsOf(workload, spent, ring.contenders.at(-1)!.name);
  } finally {
    await ring.close();
  }
}

function workerCounts(): number[] {
  return [...new Set([1, 2, availableParallelism()])];
}

function comparisonsOf(workload: string, spent: ReadonlyMap<string, Spent>, peer: string): Comparison[] {
  const one = spent.get('1 worker')!;
  const others = [...spent].filter(([name]) => name !== '1 worker');
  const cpu = ({ cpuMs }: Spent) => `${cpuMs.toFixed(3)} ms`;
  return others.flatMap(([name, each]): Comparison[] => {
    const what = `${workload}, ${connections} connections`;
    if (name === peer)
      return [
        {
          what: `${what}: CPU time a request`,
          ours: cpu(one),
          peer: `${peer}: ${cpu(each)}`,
          ratio: each.cpuMs / one.cpuMs,
          goal: null,
        },
      ];
    return [
      {
        what: `${what}: ${name}, rate`,
        ours: rate(each.perSecond),
        peer: `1 worker: ${rate(one.perSecond)}`,
        ratio: each.perSecond / one.perSecond,
        goal: null,
      },
      {
        what: `${what}: ${name}, CPU time a request`,
        ours: cpu(each),
        peer: `1 worker: ${cpu(one)}`,
        ratio: each.cpuMs / one.cpuMs,
        goal: null,
      },
    ];
  });
}
