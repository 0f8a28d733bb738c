import type { MongoClient } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';
import { intendedDifferences } from './transcripts/differences';
import { normalReply, readTranscripts, Replay, type Scenario } from './transcript-replay';

const scenarios = readTranscripts();
const AREAS_WITHOUT_DIFFERENCES = ['insert', 'find', 'findAndModify', 'delete', 'count', 'transaction'];

let engine: TemporaryEngine;
let client: MongoClient;
let cleanUp: () => Promise<void>;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  client = await engine.connect();
});
afterEach(() => cleanUp());
afterAll(() => engine.close());

describe.each(scenarios)('MongoDB 4.4.6, $area: $name', (scenario) => {
  it('answers every step alike', async () => {
    const replay = new Replay(client);
    await replay.start();
    cleanUp = () => replay.end();
    for (const [index, step] of scenario.steps.entries()) {
      const answered = { command: step.command, reply: await replay.run(step) };
      const recorded = { command: step.command, reply: normalReply(JSON.stringify(step.reply)) };
      if (differs(scenario, index)) expect(answered).not.toEqual(recorded);
      else expect(answered).toEqual(recorded);
    }
  });
});

function differs({ area, name }: Scenario, step: number): boolean {
  return intendedDifferences.some((each) => each.area === area && each.steps[name]?.includes(step));
}

it('differs on purpose in nothing that a service lives on', () => {
  const areas = intendedDifferences.map(({ area }) => area);

  expect(areas.filter((area) => AREAS_WITHOUT_DIFFERENCES.includes(area))).toEqual([]);
});
