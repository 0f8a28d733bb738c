import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDatabaseProcess, startProcess, startServerProcess } from '../process/server-process';
import { required, SessionClient } from '../process/session-client';
import { LiveCrowd, type LiveLoad, type LiveMeasured } from './live-load';
import { rate, type Comparison, type PartReport } from './report';

const sessions = Number(process.env.BENCH_LIVE_SESSIONS ?? 500);
const subscribers = Number(process.env.BENCH_LIVE_SUBSCRIBERS ?? 10);
const eventsPerSecond = 500;
const seconds = 10;
const goalMs = 200;
const goalBytes = 20 * 1024;
/** Rates that are tried until one is too much. */
const steps = [1_000, 2_000, 4_000, 8_000];

/** A server under test, in a process of its own. */
interface Server {
  readonly url: string;
  readonly pid: number;
}

interface Found {
  readonly measured: LiveMeasured;
  /** Of the server, over what the same events cost without a subscriber. */
  readonly cpuPerDeliveryUs: number;
  readonly bytesPerSubscriber: number;
}

/**
 * Subscribers of calls that go on: how soon events reach them, what they cost beside graphql-ws over an emitter in
 * memory, which stores nothing, and how many a process serves.
 */
export async function benchLive(): Promise<PartReport> {
  const ours = await withService(async (server, sessionIds) => {
    const found = await measure(server, sessionIds, 'ours');
    return { ...found, saturation: await saturate(server, sessionIds) };
  });
  const bare = await withBare((server, sessionIds) => measure(server, sessionIds, 'bare'));
  return {
    part: `live: ${sessions * subscribers} subscribers of ${sessions} calls`,
    comparisons: compare(ours, bare),
  };
}

async function measure(server: Server, sessionIds: readonly string[], name: string): Promise<Found> {
  const load = { url: server.url, sessionIds, subscribers, eventsPerSecond, seconds };
  const alone = new LiveCrowd();
  await alone.write({ ...load, subscribers: 0, seconds: 3, name: `${name}-warm` });
  const aloneUs = await cpuOf(server, () => alone.write({ ...load, subscribers: 0, name: `${name}-alone` }));
  await comeAndGo({ ...load, seconds: 3, name: `${name}-first` });
  const before = await memoryOf(server);
  const crowd = new LiveCrowd();
  await crowd.join({ ...load, name });
  const bytes = (await memoryOf(server)) - before;
  let measured: LiveMeasured | undefined;
  const crowdUs = await cpuOf(server, async () => (measured = await crowd.write({ ...load, name })));
  crowd.leave();
  const { deliveries, events } = measured!;
  if (deliveries !== events * subscribers)
    throw new Error(`${name}: ${deliveries} of ${events * subscribers} came`);
  return {
    measured: measured!,
    cpuPerDeliveryUs: (crowdUs - aloneUs) / deliveries,
    bytesPerSubscriber: bytes / (sessionIds.length * subscribers),
  };
}

/** A first crowd, for which the process takes the memory that it needs for whatever passes through it. */
async function comeAndGo(load: LiveLoad): Promise<void> {
  const crowd = new LiveCrowd();
  await crowd.join(load);
  await crowd.write(load);
  crowd.leave();
  await sleep(2_000);
}

/** The highest rate of deliveries that is kept up with. */
async function saturate({ url }: Server, sessionIds: readonly string[]): Promise<number> {
  const crowd = new LiveCrowd();
  const load: LiveLoad = { url, sessionIds, subscribers, eventsPerSecond, seconds: 5, name: 'steps' };
  await crowd.join(load);
  let reached = eventsPerSecond * subscribers;
  for (const step of steps) {
    const started = performance.now();
    const { deliveries, latencies } = await crowd.write({
      ...load,
      eventsPerSecond: step,
      name: `steps-${step}`,
    });
    reached = Math.max(reached, (deliveries / (performance.now() - started)) * 1000);
    if (percentile(latencies, 0.99) > 1_000 || performance.now() - started > 5_500) break;
  }
  crowd.leave();
  return reached;
}

function compare(ours: Found & { saturation: number }, bare: Found): Comparison[] {
  const p99 = percentile(ours.measured.latencies, 0.99);
  const times = ({ measured: { latencies } }: Found) =>
    `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms`;
  const memory = ({ bytesPerSubscriber }: Found) => `${(bytesPerSubscriber / 1024).toFixed(1)} KiB`;
  const cpu = ({ cpuPerDeliveryUs }: Found) => `${cpuPerDeliveryUs.toFixed(1)} µs`;
  return [
    {
      what: `p99 at ${rate(eventsPerSecond * subscribers)} deliveries (goal: of ${goalMs} ms)`,
      ours: times(ours),
      peer: times(bare),
      ratio: p99 / goalMs,
      goal: { most: 1 },
    },
    {
      what: 'memory a subscriber (goal: of 20 KiB)',
      ours: memory(ours),
      peer: memory(bare),
      ratio: ours.bytesPerSubscriber / goalBytes,
      goal: { most: 1 },
    },
    {
      what: 'CPU time a delivery, beside bare graphql-ws',
      ours: cpu(ours),
      peer: cpu(bare),
      ratio: ours.cpuPerDeliveryUs / bare.cpuPerDeliveryUs,
      goal: { most: 2 },
    },
    {
      what: 'deliveries at saturation, over those above',
      ours: rate(ours.saturation),
      peer: '',
      ratio: ours.saturation / (eventsPerSecond * subscribers),
      goal: null,
    },
  ];
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity;
}

/** The service, on a database in a process of its own, so that its CPU time is its own. */
async function withService<T>(work: (server: Server, sessionIds: string[]) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'conversation-bench-live-'));
  const { MONGODB_URI } = process.env;
  const database = MONGODB_URI ? null : await startDatabaseProcess(folder);
  const settings = {
    MONGODB_URI: database?.url ?? MONGODB_URI,
    MONGODB_DATABASE: `bench_live_${process.pid}`,
  };
  const server = await startServerProcess(settings);
  try {
    const client = new SessionClient(server.url);
    const sessionIds = Array.from({ length: sessions }, (_, index) => `live-${index}`);
    for (const sessionId of sessionIds) required(await client.createSession({ sessionId, language: 'en' }));
    client.close();
    return await work(server, sessionIds);
  } finally {
    await server.stop();
    await database?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function withBare<T>(work: (server: Server, sessionIds: string[]) => Promise<T>): Promise<T> {
  const server = await startProcess('test/bench/peers/bare-graphql-ws.js', [], {}, /http:\/\/\S+\/graphql/);
  try {
    return await work(
      server,
      Array.from({ length: sessions }, (_, index) => `live-${index}`),
    );
  } finally {
    await server.stop();
  }
}

/** How much CPU time the server has used meanwhile, in microseconds. Linux tells it in ticks of 10 ms. */
async function cpuOf({ pid }: Server, work: () => Promise<unknown>): Promise<number> {
  const before = await ticksOf(pid);
  await work();
  return ((await ticksOf(pid)) - before) * 10_000;
}

async function ticksOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function memoryOf({ pid }: Server): Promise<number> {
  return Number((await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1]) * 4096;
}
