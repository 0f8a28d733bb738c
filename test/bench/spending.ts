import { cpuTimeOf } from './cpu-time';
import { median } from './measure';
import type { Bench } from './options';
import { measure, type Contender } from './rounds';

/** The medians of a contender's rounds. CPU time in milliseconds a request, of the server and its embedded engine. */
export interface Spent {
  readonly perSecond: number;
  readonly cpuMs: number;
}

/** Every contender in turn, round after round; the first round warms up and does not count. */
export async function compareSpending(
  { generator, pace }: Bench,
  contenders: readonly Contender[],
  workload: string,
  connections: number,
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
