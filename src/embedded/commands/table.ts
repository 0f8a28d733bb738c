import type { Engine } from '../engine';
import { bson } from '../language/bson-value';
import { check } from '../language/errors';
import { Call } from './call';
import * as catalog from './catalog';
import { ANSWERS, dbStats } from './diagnostics';
import { explain } from './explain';
import { checkConcerns, optionNames, Options, READS } from './options';
import * as reads from './reads';
import { CommandRequest, Reply } from './request';
import * as writes from './writes';

/** Answers one command; throws (or rejects with) MongoError for a failure the client is told about. */
type Command = (call: Call) => Promise<Reply> | Reply;

const FIND_AND_MODIFY = 'query sort update remove new upsert fields';

/** The commands, each with the options that it takes; for those without, what they are sent is of no consequence. */
const TABLE: readonly (readonly [names: string, run: Command, taken?: string])[] = [
  ['insert', writes.insert, 'documents ordered'],
  ['update', writes.change, 'updates ordered'],
  ['delete', writes.change, 'deletes ordered'],
  ['findAndModify findandmodify', writes.findAndModify, FIND_AND_MODIFY],
  ['find', reads.find, READS.find],
  ['getMore', reads.getMore, 'collection batchSize'],
  ['killCursors', reads.killCursors, 'cursors'],
  ['aggregate', reads.aggregate, READS.aggregate],
  ['count', reads.count, READS.count],
  ['distinct', reads.distinct, 'key query hint'],
  ['explain', explain, 'verbosity'],

  ['create', catalog.create, ''],
  ['drop', catalog.drop, ''],
  ['dropDatabase', catalog.dropDatabase, ''],
  ['listCollections', catalog.listCollections, 'filter nameOnly cursor'],
  ['listDatabases', catalog.listDatabases, 'nameOnly filter'],
  ['listIndexes', catalog.listIndexes, 'cursor'],
  ['createIndexes', catalog.createIndexes, 'indexes'],
  ['dropIndexes', catalog.dropIndexes, 'index'],
  ['validate', catalog.validate, 'full'],
  ['dbStats', dbStats, 'scale'],

  ['commitTransaction abortTransaction', () => new Map()],
  ['endSessions killSessions', ({ request, engine }) => engine.sessions.kill(request)],
  ...Object.entries(ANSWERS).map(
    ([names, answer]) => [names, ({ request }: Call) => bson(answer(request))] as const,
  ),
];

const COMMANDS = new Map(
  TABLE.flatMap(([names, run, taken]) => {
    const known = taken === undefined ? undefined : optionNames(`${names} ${taken}`);
    return names.split(' ').map((name) => [name, { run, known }] as const);
  }),
);

/**
 * Answers a command within the session that it belongs to.
 * @throws MongoError CommandNotFound; what the command, its options and its session are refused with
 */
export async function answer(request: CommandRequest, engine: Engine): Promise<Reply> {
  const { name, body } = request;
  const command = COMMANDS.get(name);
  check(command !== undefined, 59, `no such command: '${name}'`);
  checkConcerns(body);
  const call = () => new Call(request, engine, new Options(body, name, command.known));
  return engine.sessions.run(request, async () => command.run(call()));
}
