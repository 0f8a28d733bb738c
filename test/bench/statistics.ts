import { mongo } from 'mongoose';
import type { SessionRow } from '../../src/store/session.model';
import { SessionStatus } from '../../src/store/session-status';
import type { Store } from '../../src/store/store';
import { Random } from '../generate/random';
import type { Bench } from './options';
import type { Comparison, PartReport } from './report';
import { Ring } from './ring';

// A long run, on demand: npm run bench -- statistics
const sessions = Number(process.env.BENCH_STATISTICS ?? 1_000_000);
const goalMs = 2000;
const rowsPerInsert = 2000;
const dayMs = 86_400_000;
const days = 90;
const end = Date.UTC(2026, 0);

const durations = 'duration { averageMs minMs maxMs p50Ms p90Ms p95Ms p99Ms }';
const questions = [
  [
    'by day and status',
    `sessionStatistics(groupBy: { startedAt: DAY, status: true }) { startedAt status sessionCount ${durations} }`,
    goalMs,
  ],
  [
    'by day and status, counts only',
    'sessionStatistics(groupBy: { startedAt: DAY, status: true }) { startedAt status sessionCount }',
    null,
  ],
  [
    'by day in Berlin, of one status in a week',
    `sessionStatistics(timeZone: "Europe/Berlin" groupBy: { startedAt: DAY } filter: { statuses: [COMPLETED] startedAt: { from: "2025-12-01T00:00:00Z" to: "2025-12-08T00:00:00Z" } }) { startedAt sessionCount ${durations} }`,
    null,
  ],
] as const;

/** How long statistics over a million sessions take, against the goal that is set for them. */
export async function benchStatistics({ pace }: Bench): Promise<PartReport> {
  const ring = new Ring();
  try {
    await ring.enter('ours', fill);
    const { url } = ring.contenders[0]!;
    const comparisons: Comparison[] = [];
    for (const [what, selection, goal] of questions) {
      const times: number[] = [];
      for (let round = 0; round <= pace.rounds; round += 1) times.push(await timeOf(url, selection));
      // The first one warms up.
      const [median] = times
        .slice(1)
        .toSorted((a, b) => a - b)
        .slice(Math.floor(pace.rounds / 2));
      comparisons.push({
        what: `${sessions.toLocaleString('en-US')} sessions ${what}`,
        ours: `${Math.round(median!)} ms`,
        peer: `${goalMs} ms`,
        ratio: median! / goalMs,
        goal: goal && { most: 1 },
      });
    }
    return { part: 'statistics', comparisons };
  } finally {
    await ring.close();
  }
}

async function timeOf(url: string, selection: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ ${selection} }` }),
  });
  const { errors } = (await response.json()) as { errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return performance.now() - started;
}

async function fill(store: Store): Promise<string[]> {
  const random = new Random(5);
  for (let from = 0; from < sessions; from += rowsPerInsert) {
    const rows = Array.from({ length: Math.min(rowsPerInsert, sessions - from) }, (_, n) =>
      row(random, from + n),
    );
    await store.sessions.insertMany(rows, { ordered: false });
  }
  return [];
}

function row(random: Random, index: number): SessionRow {
  const startedAt = new Date(end - Math.floor(((sessions - index) / sessions) * days * dayMs));
  const durationMs = Math.ceil(random.around(180_000));
  const status = random.weighted({ COMPLETED: 90, FAILED: 7, ACTIVE: 3 });
  const hasEnded = status !== 'ACTIVE';
  return {
    _id: new mongo.ObjectId(),
    sessionId: `session-${index}`,
    status: SessionStatus[status],
    language: random.weighted({ en: 60, de: 20, 'pt-BR': 20 }),
    metadata: {},
    labels: [],
    startedAt,
    endedAt: hasEnded ? new Date(startedAt.getTime() + durationMs) : null,
    ...(hasEnded && { durationMs, endReason: 'customer-hung-up' }),
    eventCount: 12,
    lastEventAt: startedAt,
  };
}
