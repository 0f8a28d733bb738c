import type { Engine } from '../engine';
import * as catalog from './catalog';
import * as diagnostics from './diagnostics';
import { explain } from './explain';
import { createIndexes, dropIndexes } from './catalog';
import { OptionNames, Options, OptionTable } from './options';
import * as reads from './reads';
import { CommandRequest, Reply, replyOf } from './request';
import { collStats, dbStats } from './diagnostics';
import { validate } from './validate';
import * as writes from './writes';

/** Answers one command; throws (or rejects with) MongoError for a failure the client is told about. */
type Command = (request: CommandRequest, engine: Engine, options: Options) => Promise<Reply> | Reply;

interface Entry extends OptionNames {
  readonly run: Command;
  /** Takes whatever else it is sent: what shells and drivers send along is of no consequence. */
  readonly anyOptions?: boolean;
}

const nothing = () => new Map();

/** Every command that the engine knows, and every option that it takes; others are refused. */
const table: Readonly<Record<string, Entry>> = {
  insert: { run: writes.insert, taken: 'documents ordered', ignored: 'bypassDocumentValidation' },
  update: {
    run: writes.update,
    taken: 'updates ordered',
    ignored: 'bypassDocumentValidation',
    refused: 'let',
  },
  delete: { run: writes.deleteDocuments, taken: 'deletes ordered', refused: 'let' },
  findAndModify: {
    run: writes.findAndModify,
    taken: 'query sort update remove new upsert fields hint arrayFilters',
    ignored: 'bypassDocumentValidation',
    refused: 'collation let',
  },
  find: {
    run: reads.find,
    taken: 'filter sort projection hint skip limit batchSize singleBatch',
    ignored: 'allowDiskUse allowPartialResults noCursorTimeout oplogReplay readOnce',
    refused: 'collation max min returnKey showRecordId tailable awaitData let',
    failsToParse: true,
  },
  getMore: {
    run: reads.getMore,
    taken: 'collection batchSize',
    ignored: 'term lastKnownCommittedOpTime',
    failsToParse: true,
  },
  killCursors: { run: reads.killCursors, taken: 'cursors', failsToParse: true },
  aggregate: {
    run: reads.aggregate,
    taken: 'pipeline cursor hint',
    ignored: 'allowDiskUse bypassDocumentValidation',
    refused: 'collation explain let',
    failsToParse: true,
  },
  count: { run: reads.count, taken: 'query limit skip hint', ignored: 'fields', refused: 'collation' },
  distinct: { run: reads.distinct, taken: 'key query hint', refused: 'collation' },
  explain: { run: explain, taken: 'verbosity', failsToParse: true },

  create: {
    run: catalog.create,
    refused:
      'capped autoIndexId idIndex size max storageEngine validator validationLevel validationAction ' +
      'indexOptionDefaults viewOn pipeline collation temp timeseries expireAfterSeconds',
  },
  drop: { run: catalog.drop },
  dropDatabase: { run: catalog.dropDatabase },
  listCollections: {
    run: catalog.listCollections,
    taken: 'filter nameOnly',
    ignored: 'authorizedCollections cursor',
  },
  listDatabases: { run: catalog.listDatabases, taken: 'filter nameOnly', ignored: 'authorizedDatabases' },
  listIndexes: { run: catalog.listIndexes, ignored: 'cursor' },
  createIndexes: { run: createIndexes, taken: 'indexes', ignored: 'commitQuorum ignoreUnknownIndexOptions' },
  dropIndexes: { run: dropIndexes, taken: 'index' },
  validate: { run: validate, ignored: 'full scandata background' },

  commitTransaction: { run: (request, engine) => engine.sessions.commit(request), anyOptions: true },
  abortTransaction: { run: (request, engine) => engine.sessions.abort(request), anyOptions: true },
  startSession: { run: diagnostics.startSession, anyOptions: true },
  refreshSessions: { run: nothing, anyOptions: true },
  endSessions: { run: (request, engine) => engine.sessions.kill(request), anyOptions: true },
  killSessions: { run: (request, engine) => engine.sessions.kill(request), anyOptions: true },
  killAllSessions: { run: (_, engine) => engine.sessions.killAll(), anyOptions: true },

  hello: { run: diagnostics.hello, anyOptions: true },
  isMaster: { run: diagnostics.hello, anyOptions: true },
  ping: { run: nothing, anyOptions: true },
  buildInfo: { run: diagnostics.buildInfo, anyOptions: true },
  hostInfo: { run: diagnostics.hostInfo, anyOptions: true },
  serverStatus: { run: diagnostics.serverStatus, anyOptions: true },
  getParameter: { run: diagnostics.getParameter, anyOptions: true },
  getCmdLineOpts: { run: () => replyOf({ argv: ['mongod'], parsed: replyOf({}) }), anyOptions: true },
  getLog: { run: diagnostics.getLog, anyOptions: true },
  connectionStatus: { run: diagnostics.connectionStatus, anyOptions: true },
  whatsmyuri: { run: ({ connection }) => replyOf({ you: `connection-${connection.id}` }), anyOptions: true },
  usersInfo: { run: () => replyOf({ users: [] }), anyOptions: true },
  replSetGetStatus: { run: diagnostics.replSetGetStatus, anyOptions: true },
  replSetGetConfig: { run: diagnostics.replSetGetConfig, anyOptions: true },
  currentOp: { run: diagnostics.currentOp, anyOptions: true },
  top: { run: () => replyOf({ totals: replyOf({}) }), anyOptions: true },
  getFreeMonitoringStatus: { run: () => replyOf({ state: 'disabled' }), anyOptions: true },
  collStats: { run: collStats, taken: 'scale' },
  dbStats: { run: dbStats, taken: 'scale', ignored: 'freeStorage' },
};

/** Other names of the same commands. */
const aliases: Readonly<Record<string, string>> = {
  findandmodify: 'findAndModify',
  deleteIndexes: 'dropIndexes',
  ismaster: 'isMaster',
  buildinfo: 'buildInfo',
  collstats: 'collStats',
  dbstats: 'dbStats',
  killAllSessionsByPattern: 'killAllSessions',
};

/** The commands by every name, ready to run within the session that they belong to. */
export const commands: ReadonlyMap<
  string,
  (request: CommandRequest, engine: Engine) => Promise<Reply> | Reply
> = new Map(
  [...Object.keys(table).map((name) => [name, name] as const), ...Object.entries(aliases)].map(
    ([name, target]) => [name, prepared(table[target]!)],
  ),
);

function prepared(entry: Entry): (request: CommandRequest, engine: Engine) => Promise<Reply> | Reply {
  const known = new OptionTable(entry);
  const typeError = known.failsToParse ? 9 : 14;
  return (request, engine) =>
    engine.sessions.run(request, () => {
      if (!entry.anyOptions) known.check(request.name, request.body, true);
      return entry.run(request, engine, new Options(request.body, request.name, typeError));
    });
}
