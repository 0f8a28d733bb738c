import type { Bench } from './options';
import { describe, type Comparison, type PartReport } from './report';
import { Ring } from './ring';
import { compare } from './rounds';

const sessions = Array.from({ length: 200 }, (_, index) => `bench-${index}`);

/** What a request costs between socket and resolver: our transport and plain Apollo over one store in memory. */
export async function benchCeiling(bench: Bench): Promise<PartReport> {
  const ring = new Ring();
  try {
    for (const peer of ['ceiling', 'plain-apollo', 'floor'])
      await ring.enterWithoutData(`peers/${peer}`, sessions);
    const comparisons: Comparison[] = [];
    for (const connections of bench.connections) {
      const standings = await compare(bench.generator, ring.contenders, 'addEvent', connections, bench.pace);
      const ours = standings.get('ceiling')!;
      const against = (name: string, words: string, least?: number): Comparison => ({
        what: `answers from memory, ${connections} connections`,
        ours: describe(ours),
        peer: `${words}: ${describe(standings.get(name)!)}`,
        ratio: ours.perSecond / standings.get(name)!.perSecond,
        goal: least && connections === 64 ? { least } : null,
      });
      comparisons.push(against('plain-apollo', 'plain Apollo', 1.8), against('floor', 'bare Fastify'));
    }
    return { part: 'ceiling', comparisons };
  } finally {
    await ring.close();
  }
}
