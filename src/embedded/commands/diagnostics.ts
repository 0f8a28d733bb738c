import { Long } from 'bson';
import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import type { Engine } from '../engine';
import { compilePipeline } from '../language/aggregate';
import { BsonDocument, isDocument } from '../language/bson-value';
import { StoredCollection } from '../storage/catalog';
import { ReadScope, CollectionView } from '../storage/view';
import { noTotals, sumOf, Totals } from '../storage/keys';
import { namespaceOf, Options } from './options';
import {
  bson,
  CommandRequest,
  listing,
  MAX_BATCH_SIZE,
  MAX_DOCUMENT_BYTES,
  MAX_MESSAGE_BYTES,
  Plain,
} from './request';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
export const VERSION = '4.4.6';
/** 9 is MongoDB 4.4. */
const WIRE_VERSION = 9;
/** Drivers ask a replica set's name before they use transactions or retry writes. */
const SET_NAME = 'embedded';

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
function hello({ name, body, connection: { address, id } }: CommandRequest): Plain {
  return {
    ...(body.get('helloOk') === true && { helloOk: true }),
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    ...{ secondary: false, setName: SET_NAME, setVersion: 1 },
    ...{ hosts: [address], primary: address, me: address },
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_BATCH_SIZE,
    ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: id },
    ...{ minWireVersion: 0, maxWireVersion: WIRE_VERSION, readOnly: false },
  };
}

function buildInfo(): Plain {
  const versionArray = `${VERSION}.0`.split('.').map(Number);
  const build = { version: VERSION, gitVersion: 'embedded engine', modules: [], versionArray };
  return { ...build, bits: 64, storageEngines: ['lmdb'], maxBsonObjectSize: MAX_DOCUMENT_BYTES };
}

function hostInfo(): Plain {
  const memSizeMB = Math.floor(totalmem() / 2 ** 20);
  const system = {
    hostname: hostname(),
    cpuAddrSize: 64,
    numCores: cpus().length,
    cpuArch: arch(),
    memSizeMB,
  };
  return { system, os: { type: osType(), name: osType(), version: release() }, extra: {} };
}

function serverStatus(): Plain {
  return {
    ...{ host: hostname(), version: VERSION, process: 'mongod', pid: process.pid },
    ...{ uptime: Math.floor(process.uptime()), localTime: new Date() },
    mem: { bits: 64, resident: Math.floor(process.memoryUsage.rss() / 2 ** 20), supported: true },
    repl: { setName: SET_NAME, ismaster: true, secondary: false },
    storageEngine: { name: 'lmdb', persistent: true, supportsSnapshotReadConcern: true },
  };
}

/** What drivers and shells ask of a server when they connect; none of it reads a collection. */
export const ANSWERS: Readonly<Record<string, (request: CommandRequest) => Plain>> = {
  ...{ hello, isMaster: hello, ismaster: hello, ping: () => ({}), refreshSessions: () => ({}) },
  ...{ buildInfo, buildinfo: buildInfo, hostInfo, serverStatus },
  getParameter: () => ({ featureCompatibilityVersion: { version: '4.4' } }),
  getCmdLineOpts: () => ({ argv: ['mongod'], parsed: {} }),
  getLog: () => ({ totalLinesWritten: 0, log: [] }),
  // There are no users: who may open the socket or the loopback port may do everything.
  connectionStatus: ({ body }) => {
    const privileges = body.get('showPrivileges') === true && { authenticatedUserPrivileges: [] };
    return { authInfo: { authenticatedUsers: [], authenticatedUserRoles: [], ...privileges } };
  },
};

/** What collections hold together, without counting. */
export function totalsOf(scope: ReadScope, collections: readonly StoredCollection[]): Totals {
  return collections.map((each) => new CollectionView(each, scope).totals()).reduce(sumOf, noTotals);
}

/** What is known of collections without counting; the sizes are those of their documents. */
function statsOf(scope: ReadScope, collections: readonly StoredCollection[], scaleFactor: number) {
  const { documents, bytes } = totalsOf(scope, collections);
  const size = Math.floor(bytes / scaleFactor);
  const avgObjSize = documents > 0 ? Math.floor(bytes / documents) : 0;
  return { avgObjSize, storageSize: size, totalSize: size, freeStorageSize: 0, scaleFactor, documents, size };
}

/** What a database holds. */
export function dbStats(request: CommandRequest, engine: Engine, options: Options): BsonDocument {
  return engine.readCatalog(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    const { documents, size, ...stats } = statsOf(scope, collections, options.count('scale', 1, 1));
    const indexes = collections.reduce((sum, each) => sum + each.indexes.length, 0);
    const counts = { collections: collections.length, views: 0, objects: documents, indexes, indexSize: 0 };
    return bson({ db: request.db, ...counts, dataSize: size, ...stats });
  });
}

/** What a collection holds. */
export function collStats(request: CommandRequest, engine: Engine, options: Options): BsonDocument {
  const ns = namespaceOf(request);
  return engine.readCatalog(request, (scope) => {
    const collection = scope.catalog.find(ns);
    const scale = options.count('scale', 1, 1);
    const { documents, ...stats } = statsOf(scope, collection ? [collection] : [], scale);
    const indexes = collection?.indexes ?? [];
    const indexSizes = Object.fromEntries(indexes.map(({ name }) => [name, 0]));
    const counts = { count: documents, nindexes: indexes.length, capped: false, indexBuilds: [] };
    return bson({ ns, ...stats, ...counts, totalIndexSize: 0, indexSizes });
  });
}

type DiagnosticStage = (request: CommandRequest, engine: Engine, spec: BsonDocument) => BsonDocument[];

/** Stages that begin a pipeline and tell of a collection or the server instead of reading documents. */
const DIAGNOSTIC_STAGES: ReadonlyMap<string, DiagnosticStage> = new Map<string, DiagnosticStage>([
  [
    '$collStats',
    (request, engine, spec) => {
      const wanted = new Options(spec, '$collStats').document('storageStats');
      const stats = collStats(request, engine, new Options(wanted ?? new Map(), '$collStats.storageStats'));
      const count = spec.has('count') && { count: stats.get('count')! };
      return [bson({ ns: namespaceOf(request), ...(wanted && { storageStats: stats }), ...count })];
    },
  ],
  [
    '$indexStats',
    (request, engine) => {
      const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(namespaceOf(request)));
      // How often an index was used is not counted.
      const accesses = { ops: Long.ZERO, since: new Date() };
      return (collection?.indexes ?? []).map(({ name, key, spec }) => bson({ name, key, accesses, spec }));
    },
  ],
  [
    '$currentOp',
    // The command that asks: what else runs, waits for its next turn and is not listed.
    ({ body: command, db, connection: { id } }) => [
      bson({ type: 'op', desc: `conn${id}`, connectionId: id, active: true, op: 'command', ns: db, command }),
    ],
  ],
]);

const NO_SOURCE = { aggregate: () => [], pauses: () => false, takeMemory: () => undefined };

/** The answer to a pipeline that begins with such a stage; null for any other. */
export function answerDiagnosticStage(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): BsonDocument | null {
  const [first, ...rest] = options.documents('pipeline');
  const [[name, spec] = ['', null]] = first ?? [];
  const stage = DIAGNOSTIC_STAGES.get(name);
  if (!stage || !isDocument(spec)) return null;
  const results = [...compilePipeline(rest, NO_SOURCE)(stage(request, engine, spec))];
  return listing(
    `${request.db}.$cmd.aggregate`,
    results.filter((result) => result !== null),
  );
}
