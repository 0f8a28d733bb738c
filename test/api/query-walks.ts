import type { EventRow } from '../../src/store/event.model';
import type { SessionRow } from '../../src/store/session.model';
import { loadCalls } from '../generate/load';
import { type Monitored, openMonitored } from './monitored-database';
import { summarize } from './query-plan';
import { queryShapes, type QueryShape, type ShapeVariables } from './query-shapes';
import { findVariables } from './shape-variables';

const longCall = { sessions: 1, events: 600, seed: 2 };

/** Every shape of query walks an index, on that many generated calls. */
export function testQueryWalks(amount: { sessions: number; events: number }, fillTimeoutMs: number): void {
  describe('on realistic calls, every shape of query', () => {
    let api: Monitored;
    let variables: ShapeVariables;

    beforeAll(async () => {
      api = await openMonitored();
      const store = {
        sessions: api.db.collection<SessionRow>('sessions'),
        events: api.db.collection<EventRow>('events'),
      };
      await loadCalls(store, { ...amount, seed: 1 }, () => undefined);
      await loadCalls(store, longCall, () => undefined);
      variables = await findVariables(api, 'call-2-0000000');
    }, fillTimeoutMs);

    afterAll(() => api.close());

    // Each read has a time limit of its own: one that takes too long is answered with an error.
    it.each(queryShapes())('walks an index: $name', async (shape) => {
      const { commands } = await api.run(shape.query, { ...variables });

      expect(commands.length).toBeGreaterThan(0);
      // A copy: explaining is a command too.
      for (const command of [...commands]) expectIndexWalk(shape, summarize(await api.explain(command)));
    });

    function expectIndexWalk({ walk }: QueryShape, plan: ReturnType<typeof summarize>): void {
      expect([...plan.stages]).not.toContain('COLLSCAN');
      if (walk !== 'few') expect([...plan.stages]).not.toContain('SORT');
      expect([...plan.stages]).toEqual(
        expect.arrayContaining([expect.stringMatching(/IXSCAN|COUNT_SCAN|IDHACK/)]),
      );
      switch (walk) {
        case 'tight':
          expect(plan.keysExamined).toBeLessThanOrEqual(2 * plan.returned + 1);
          expect(plan.docsExamined).toBeLessThanOrEqual(plan.returned + 1);
          return;
        case 'index':
          expect(plan.docsExamined).toBeLessThanOrEqual(plan.returned + 1);
          return;
        case 'few':
          expect(plan.docsExamined).toBeLessThanOrEqual(500);
          return;
        case 'covered':
          // The embedded engine reads the one session that tells from when on there are some.
          expect(plan.docsExamined).toBeLessThanOrEqual(1);
          return;
        case 'mixed':
        case 'count':
          return;
      }
    }
  });
}
