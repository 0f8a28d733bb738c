import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

/** How often the probe asks, in milliseconds. */
const everyMs = 10;

/**
 * A process of its own that asks a server's `/health/live` all the time. Told `reset` on its standard input, it forgets;
 * told `report`, it prints the longest time that an answer took since then, in milliseconds.
 */
function main(url: string): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let longest = 0;
  let asked: number | null = null;
  const ask = (): void => {
    asked = performance.now();
    const answered = (): void => {
      longest = Math.max(longest, performance.now() - asked!);
      asked = null;
      setTimeout(ask, everyMs);
    };
    get(url, { agent }, (response) => response.resume().on('end', answered)).on('error', answered);
  };
  createInterface(process.stdin).on('line', (order) => {
    const waiting = asked === null ? 0 : performance.now() - asked;
    if (order === 'report') process.stdout.write(`${Math.max(longest, waiting)}\n`);
    else longest = 0;
  });
  process.stdin.on('end', () => process.exit(0));
  ask();
}

main(process.argv[2]!);
