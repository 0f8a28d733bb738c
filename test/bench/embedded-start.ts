import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { median } from './measure';
import type { Comparison } from './report';

const START_MS = 300;
const IDLE_MEGABYTES = 120;
const PROGRAM = resolve(__dirname, '../../src/embedded/command-line.js');

/** From nothing to a server that listens, in a process that runs already. */
export async function compareStart(path: string, events: number, rounds: number): Promise<Comparison> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const before = performance.now();
    const mongo = await startEmbeddedMongo({ path });
    times.push(performance.now() - before);
    await mongo.close();
  }
  const ours = median(times);
  return {
    what: `start with ${events.toLocaleString('en-US')} events in the folder`,
    ours: `${ours.toFixed(0)} ms`,
    peer: `${START_MS} ms`,
    ratio: ours / START_MS,
    goal: { most: 1 },
  };
}

/** What the engine's process holds in memory more than one that does nothing. */
export async function compareIdleMemory(path: string): Promise<Comparison> {
  const engine = await residentMegabytes([PROGRAM, '--port', '0', '--data-dir', path]);
  const empty = await residentMegabytes(['-e', 'console.log("idle"); setInterval(() => {}, 1000)']);
  return {
    what: 'idle memory above an empty Node.js process',
    ours: `${(engine - empty).toFixed(0)} MB`,
    peer: `${IDLE_MEGABYTES} MB`,
    ratio: (engine - empty) / IDLE_MEGABYTES,
    goal: { most: 1 },
  };
}

async function residentMegabytes(args: string[]): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, args);
  await once(child.stdout!, 'data');
  await new Promise((settled) => setTimeout(settled, 1_000));
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill();
  await once(child, 'exit');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
