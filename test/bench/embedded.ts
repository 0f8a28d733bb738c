import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareInserts } from './embedded-inserts';
import { comparePages, storeEvents } from './embedded-pages';
import { compareIdleMemory, compareStart } from './embedded-start';
import type { Bench } from './options';
import type { PartReport } from './report';

const EVENTS = Number(process.env.BENCH_EVENTS ?? 1_000_000);

/** The engine by itself, against what it stands on: LMDB, the driver, an empty process. */
export async function benchEmbedded({ pace }: Bench): Promise<PartReport> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-embedded-'));
  try {
    const inserts = await compareInserts(join(folder, 'inserts'), pace);
    const data = join(folder, 'pages');
    await storeEvents(data, EVENTS);
    const pages = await comparePages(data, EVENTS, pace);
    const start = await compareStart(data, EVENTS, pace.rounds);
    const memory = await compareIdleMemory(data);
    return { part: 'embedded engine', comparisons: [inserts, ...pages, start, memory] };
  } finally {
    await rm(folder, { recursive: true });
  }
}
