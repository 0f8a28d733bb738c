import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts in, on every Linux that Node.js runs on (USER_HZ). */
const ticksPerSecond = 100;

/**
 * The CPU time that a process and its children have taken so far, in milliseconds, by all their threads: in user mode and
 * in the system. From /proc, so on Linux only; NaN elsewhere.
 */
export function cpuTimeOf(pid: number): number {
  if (process.platform !== 'linux') return NaN;
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.reduce((sum, id) => {
    const fields = statOf(id);
    // Fields 4 (parent), 14 and 15 (user and system time), counted behind the name of the command.
    const isOne = fields !== null && (Number(id) === pid || Number(fields[1]) === pid);
    return isOne ? sum + ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000 : sum;
  }, 0);
}

/** Null where the process has ended meanwhile. */
function statOf(id: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
