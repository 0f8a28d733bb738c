import type { LoadProcess } from './load-process';
import { median, type Measured } from './measure';

/** One of those that are compared in a run. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  /** A token or API key to send along. */
  readonly credential?: string;
  /** Its process; unset where only its answers are measured. */
  readonly pid?: number;
  readonly sessionIds: readonly string[];
  readonly bodies?: readonly string[];
}

export interface Pace {
  /** How long each load lasts. */
  readonly seconds: number;
  /** How many loads count, after one that warms up. */
  readonly rounds: number;
}

/** The medians of a contender's rounds. */
export type Standing = Omit<Measured, 'fault'>;

let runs = 0;

/** One load on one contender, with ids that no other load had. */
export function measure(
  generator: LoadProcess,
  { url, credential, sessionIds, bodies }: Contender,
  workload: string,
  connections: number,
  seconds: number,
): Promise<Measured> {
  const parameters = { run: `run${(runs += 1)}`, sessionIds, ...(bodies && { bodies }) };
  return generator.run({ url, credential, workload, parameters, connections, seconds });
}

/**
 * Every contender in turn, round after round: what slows the machine for a while slows all of them. The first round
 * warms up and does not count.
 */
export async function compare(
  generator: LoadProcess,
  contenders: readonly Contender[],
  workload: string,
  connections: number,
  pace: Pace,
): Promise<Map<string, Standing>> {
  const counted = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (const contender of contenders) {
      const measured = await measure(generator, contender, workload, connections, pace.seconds);
      if (round > 0) counted.get(contender.name)!.push(measured);
    }
  }
  return new Map([...counted].map(([name, all]) => [name, middle(all)]));
}

export function middle(all: readonly Measured[]): Standing {
  const of = (key: keyof Standing): number => median(all.map((one) => one[key]));
  return { requests: of('requests'), perSecond: of('perSecond'), p50: of('p50'), p99: of('p99') };
}
