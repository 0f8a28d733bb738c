import * as fc from 'fast-check';
import { SessionClient } from '../process/session-client';
import { useTestApp } from '../support/test-app';
import { commands } from './model-commands';
import { SessionModel } from './session-model';

// More runs, or others: MODEL_RUNS=1000 MODEL_SEED=7 npm test -- model
const numRuns = Number(process.env.MODEL_RUNS ?? 30);
const seed = Number(process.env.MODEL_SEED ?? 1);

describe('the service and a simple model of it', () => {
  const service = useTestApp();

  it(
    'answer the same, whatever is asked in whatever order',
    async () => {
      const client = new SessionClient(service.app.url);
      const others = Array.from({ length: 10 }, () => new SessionClient(service.app.url));
      let run = 0;
      const sameAnswers = fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (steps) => {
        const prefix = `run-${(run += 1)}`;
        await fc.asyncModelRun(
          () => ({ model: new SessionModel(), real: { client, others, prefix } }),
          steps,
        );
      });
      try {
        await fc.assert(sameAnswers, { numRuns, seed });
      } finally {
        for (const one of [client, ...others]) one.close();
      }
    },
    20_000 + numRuns * 1000,
  );
});
