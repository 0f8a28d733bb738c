import { Int32 } from 'bson';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { count, describeFilter } from './explain-format';
import { Stage } from './stages/stage';

/** How much an explanation tells; beyond `queryPlanner` the plan has to have run. */
export type Verbosity = 'queryPlanner' | 'executionStats' | 'allPlansExecution';

/** A plan, and its run where it has run, in the shape of MongoDB 4.4's `explain`. */
export function explainPlan(
  plan: Stage,
  {
    ns,
    filter,
    verbosity,
    milliseconds,
  }: { ns: string; filter: FilterNode; verbosity: Verbosity; milliseconds: number },
): BsonDocument {
  const explanation: BsonDocument = new Map([
    [
      'queryPlanner',
      new Map<string, BsonValue>([
        ['plannerVersion', new Int32(1)],
        ['namespace', ns],
        ['indexFilterSet', false],
        ['parsedQuery', describeFilter(filter)],
        ['winningPlan', explainStage(plan, () => [])],
        ['rejectedPlans', []],
      ]),
    ],
  ]);
  if (verbosity === 'queryPlanner') return explanation;
  const stats = new Map<string, BsonValue>([
    ['executionSuccess', true],
    ['nReturned', count(plan.returned)],
    ['executionTimeMillis', count(milliseconds)],
    ['totalKeysExamined', count(total(plan, (stage) => stage.keysExamined))],
    ['totalDocsExamined', count(total(plan, (stage) => stage.docsExamined))],
    ['executionStages', explainStage(plan, runOf)],
  ]);
  if (verbosity === 'allPlansExecution') stats.set('allPlansExecution', []);
  return explanation.set('executionStats', stats);
}

/** A stage above its inputs; the filter first, then the run, then what the stage is. */
function explainStage(stage: Stage, run: (stage: Stage) => [string, BsonValue][]): BsonDocument {
  const details = [...stage.describe()];
  const inputs = stage.inputs.map((input) => explainStage(input, run));
  const ran = run(stage);
  return new Map<string, BsonValue>([
    ['stage', stage.name],
    ...details.filter(([name]) => name === 'filter'),
    ...ran,
    ...details.filter(([name]) => name !== 'filter'),
    ...(ran.length > 0 ? stage.counters() : []),
    ...(inputs.length === 1 ? [['inputStage', inputs[0]!] as const] : []),
    ...(inputs.length > 1 ? [['inputStages', inputs] as const] : []),
  ]);
}

function runOf(stage: Stage): [string, BsonValue][] {
  const looks = Math.max(
    stage.returned,
    stage.keysExamined,
    stage.docsExamined,
    ...stage.inputs.map((i) => i.returned),
  );
  return [
    ['nReturned', count(stage.returned)],
    ['executionTimeMillisEstimate', count(0)],
    ['works', count(looks + 1)],
    ['advanced', count(stage.returned)],
    ['needTime', count(looks - stage.returned)],
    ['needYield', count(0)],
    ['saveState', count(0)],
    ['restoreState', count(0)],
    ['isEOF', new Int32(Number(stage.isExhausted))],
  ];
}

function total(stage: Stage, of: (stage: Stage) => number): number {
  return stage.inputs.reduce((sum, input) => sum + total(input, of), of(stage));
}
