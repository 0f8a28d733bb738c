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
    const single = new Map<number, Standing>();
    for (const connections of bench.connections) {
      const standings = await compare(bench.generator, ring.contenders, 'addEvent', connections, bench.pace);
      const ours = standings.get('ours')!;
      single.set(connections, ours);
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

/** How many clients send batches: alone, and as many as the queue of events has room for. */
const batchClients = [1, 4];

/** `addEvents` against single events, and against the driver alone, one insert at a time. */
async function benchBatches(
  { generator, pace }: Bench,
  ours: Contender,
  single: ReadonlyMap<number, Standing>,
): Promise<Comparison[]> {
  const driver = await DriverInserts.open();
  try {
    const batches = new Map<number, Measured[]>(batchClients.map((clients) => [clients, []]));
    const inserts: number[] = [];
    for (let round = 0; round <= pace.rounds; round += 1) {
      for (const clients of batchClients) {
        const measured = await measure(generator, ours, 'addEvents', clients, pace.seconds);
        if (round > 0) batches.get(clients)!.push(measured);
      }
      const load = { run: `round${round}`, sessionIds: ours.sessionIds, seconds: pace.seconds };
      const inserted = await driver.run(load);
      if (round > 0) inserts.push(inserted);
    }
    const eventsFrom = (clients: number) => middle(batches.get(clients)!).perSecond * batchSize;
    return [
      ...againstSingle('a lone client', eventsFrom(1), single.get(1), 'addEvent, a lone client'),
      ...againstSingle('4 clients', eventsFrom(4), single.get(64), 'addEvent, 64 connections'),
      {
        what: `addEvents of ${batchSize}, 4 clients: events`,
        ours: rate(eventsFrom(4)),
        peer: `one insertMany at a time: ${rate(median(inserts))}`,
        ratio: eventsFrom(4) / median(inserts),
        goal: { least: 0.5 },
      },
    ];
  } finally {
    await driver.close();
  }
}

function againstSingle(
  clients: string,
  events: number,
  single: Standing | undefined,
  words: string,
): Comparison[] {
  if (!single) return [];
  return [
    {
      what: `addEvents of ${batchSize}, ${clients}: events`,
      ours: rate(events),
      peer: `${words}: ${rate(single.perSecond)}`,
      ratio: events / single.perSecond,
      goal: { least: 8 },
    },
  ];
}
