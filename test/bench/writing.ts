import { openSessions } from './data';
import { DriverInserts } from './driver-inserts';
import type { Bench } from './options';
import { describe, rate, type Comparison, type PartReport } from './report';
import { Ring } from './ring';
import { median, type Measured } from './measure';
import { compare, measure, middle, type Contender, type Standing } from './rounds';
import { batchSize } from './workloads';

const sessions = 200;

/** Against find-then-create one by one, and against the driver's own insertMany. */
export async function benchWriting(bench: Bench): Promise<PartReport> {
  const ring = new Ring();
  try {
    await ring.enter('ours', (store) => openSessions(store, sessions));
    await ring.enter('peers/one-by-one', (store) => openSessions(store, sessions));
    const comparisons: Comparison[] = [];
    let single: Standing | null = null;
    for (const connections of bench.connections) {
      const standings = await compare(bench.generator, ring.contenders, 'addEvent', connections, bench.pace);
      const ours = standings.get('ours')!;
      if (connections === 64) single = ours;
      comparisons.push(...singleEvents(bench, connections, ours, standings.get('one-by-one')!));
    }
    comparisons.push(...(await benchBatches(bench, ring.contenders[0]!, single)));
    return { part: 'writing', comparisons };
  } finally {
    await ring.close();
  }
}

function singleEvents(
  { database }: Bench,
  connections: number,
  ours: Standing,
  peer: Standing,
): Comparison[] {
  const goals = { 'embedded engine': { 64: 2, 256: 2.5 }, MongoDB: { 64: 4, 256: 6 } }[database];
  const least = connections === 64 || connections === 256 ? goals[connections] : undefined;
  const against = { ours: describe(ours), peer: `one by one: ${describe(peer)}` };
  const comparisons: Comparison[] = [
    {
      what: `addEvent, ${connections} connections: rate`,
      ...against,
      ratio: ours.perSecond / peer.perSecond,
      goal: least ? { least } : null,
    },
  ];
  if (connections === 1)
    comparisons.push({
      what: 'addEvent, a lone client: p50',
      ...against,
      ratio: ours.p50 / peer.p50,
      goal: { most: 1.15 },
    });
  if (connections === 64)
    comparisons.push({
      what: 'addEvent, 64 connections: p99 to p50',
      ours: `p99 ${ours.p99.toFixed(1)} ms`,
      peer: `p50 ${ours.p50.toFixed(1)} ms`,
      ratio: ours.p99 / ours.p50,
      goal: { most: 4 },
    });
  return comparisons;
}

/** `addEvents` from four clients, against single events from 64 and against the driver alone, one insert at a time. */
async function benchBatches(bench: Bench, ours: Contender, single: Standing | null): Promise<Comparison[]> {
  const { generator, pace } = bench;
  const driver = await DriverInserts.open();
  try {
    const batches: Measured[] = [];
    const inserts: number[] = [];
    for (let round = 0; round <= pace.rounds; round += 1) {
      const measured = await measure(generator, ours, 'addEvents', 4, pace.seconds);
      const load = { run: `round${round}`, sessionIds: ours.sessionIds, seconds: pace.seconds };
      const inserted = await driver.run(load);
      if (round === 0) continue;
      batches.push(measured);
      inserts.push(inserted);
    }
    const events = middle(batches).perSecond * batchSize;
    return batchComparisons(events, median(inserts), single);
  } finally {
    await driver.close();
  }
}

function batchComparisons(events: number, inserts: number, single: Standing | null): Comparison[] {
  const what = `addEvents of ${batchSize}: events`;
  const againstDriver: Comparison = {
    what,
    ours: rate(events),
    peer: `one insertMany at a time: ${rate(inserts)}`,
    ratio: events / inserts,
    goal: { least: 0.5 },
  };
  if (!single) return [againstDriver];
  const peer = `addEvent, 64 connections: ${rate(single.perSecond)}`;
  return [
    { what, ours: rate(events), peer, ratio: events / single.perSecond, goal: { least: 8 } },
    againstDriver,
  ];
}
