import { availableParallelism } from 'node:os';
import { cpuTimeOf } from './cpu-time';
import { openSessions, recordedCalls } from './data';
import { median } from './measure';
import type { Bench } from './options';
import { rate, type Comparison, type PartReport } from './report';
import { Ring, type Entrant } from './ring';
import { measure, type Contender } from './rounds';
import type { Store } from '../../src/store/store';

const connections = 64;

/** The medians of a contender's rounds. CPU time in milliseconds a request, of the server and its embedded engine. */
interface Spent {
  readonly perSecond: number;
  readonly cpuMs: number;
}

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
    const spent = await compareSpending(bench, ring.contenders, workload);
    return comparisonsOf(workload, spent, ring.contenders.at(-1)!.name);
  } finally {
    await ring.close();
  }
}

function workerCounts(): number[] {
  return [...new Set([1, 2, availableParallelism()])];
}

/** Every contender in turn, round after round; the first round warms up and does not count. */
async function compareSpending(
  { generator, pace }: Bench,
  contenders: readonly Contender[],
  workload: string,
): Promise<Map<string, Spent>> {
  const counted = new Map<string, Spent[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (const contender of contenders) {
      const before = cpuTimeOf(contender.pid!);
      const { requests, perSecond } = await measure(
        generator,
        contender,
        workload,
        connections,
        pace.seconds,
      );
      const cpuMs = (cpuTimeOf(contender.pid!) - before) / requests;
      if (round > 0) counted.get(contender.name)!.push({ perSecond, cpuMs });
    }
  }
  const middle = (all: readonly Spent[], of: keyof Spent) => median(all.map((one) => one[of]));
  return new Map(
    [...counted].map(([name, all]) => [
      name,
      { perSecond: middle(all, 'perSecond'), cpuMs: middle(all, 'cpuMs') },
    ]),
  );
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
