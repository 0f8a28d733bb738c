import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

/** How often the probe asks, in milliseconds. */
const everyMs = 10;
/** What /proc counts processor time in, in milliseconds. */
const tickMs = 10;

/**
 * A process of its own that asks a server's `/health/live` all the time. Told `reset` on its standard input, it forgets;
 * told `report`, it prints how long the server has kept it waiting at most since then, in milliseconds: without the time
 * in which the server's thread was waiting for a processor, and no longer than the server itself was computing, because a
 * machine that is busy with other things makes everyone wait.
 */
function main(url: string, pid: string): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let longest = 0;
  let asked: { at: number; cpuMs: number; queuedMs: number } | null = null;
  const waitedMs = (): number => {
    if (asked === null) return 0;
    const queuedMs = queuedMsOf(pid) - asked.queuedMs;
    return Math.min(performance.now() - asked.at - queuedMs, cpuMsOf(pid) - asked.cpuMs + tickMs);
  };
  const ask = (): void => {
    asked = { at: performance.now(), cpuMs: cpuMsOf(pid), queuedMs: queuedMsOf(pid) };
    const answered = (): void => {
      longest = Math.max(longest, waitedMs());
      asked = null;
      setTimeout(ask, everyMs);
    };
    get(url, { agent }, (response) => response.resume().on('end', answered)).on('error', answered);
  };
  createInterface(process.stdin).on('line', (order) => {
    if (order === 'report') process.stdout.write(`${Math.max(longest, waitedMs())}\n`);
    else longest = 0;
  });
  process.stdin.on('end', () => process.exit(0));
  ask();
}

/** The processor time that a process has taken so far, all of its threads together. */
function cpuMsOf(pid: string): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * tickMs;
}

/** How long a process's main thread has been ready to run so far, but waited for a processor. */
function queuedMsOf(pid: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}

main(process.argv[2]!, process.argv[3]!);
