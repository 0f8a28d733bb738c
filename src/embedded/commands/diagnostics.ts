import { Binary, Long } from 'bson';
import { randomBytes } from 'node:crypto';
import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import type { Engine } from '../engine';
import { compilePipeline } from '../language/aggregate';
import { BsonDocument, isDocument } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { ReadScope, ScopedCollectionView } from '../storage/collection-view';
import { noTotals, sumOf, Totals } from '../storage/keys';
import { namespaceOf, Options } from './options';
import {
  bson,
  CommandRequest,
  listing,
  MAX_BATCH_SIZE,
  MAX_DOCUMENT_BYTES,
  MAX_MESSAGE_BYTES,
} from './request';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
export const VERSION = '4.4.6';
/** 9 is MongoDB 4.4. */
const WIRE_VERSION = 9;
/** Drivers ask a replica set's name before they use transactions or retry writes. */
const SET_NAME = 'embedded';

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
export function hello({ name, body, connection: { address, id } }: CommandRequest): BsonDocument {
  return bson({
    ...(body.get('helloOk') === true && { helloOk: true }),
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    secondary: false,
    setName: SET_NAME,
    setVersion: 1,
    hosts: [address],
    primary: address,
    me: address,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_BATCH_SIZE,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: id,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  });
}

export function buildInfo(): BsonDocument {
  const versionArray = `${VERSION}.0`.split('.').map(Number);
  const build = {
    version: VERSION,
    gitVersion: 'embedded engine',
    modules: [],
    versionArray,
    bits: 64,
    debug: false,
  };
  return bson({ ...build, storageEngines: ['lmdb'], maxBsonObjectSize: MAX_DOCUMENT_BYTES });
}

export function hostInfo(): BsonDocument {
  const system = { hostname: hostname(), cpuAddrSize: 64, numCores: cpus().length, cpuArch: arch() };
  const os = { type: osType(), name: osType(), version: release() };
  return bson({
    system: { ...system, currentTime: new Date(), memSizeMB: megabytes(totalmem()) },
    os,
    extra: {},
  });
}

export function serverStatus(): BsonDocument {
  const uptime = Math.floor(process.uptime());
  const mem = { bits: 64, resident: megabytes(process.memoryUsage.rss()), supported: true };
  const repl = { setName: SET_NAME, ismaster: true, secondary: false };
  const storageEngine = { name: 'lmdb', persistent: true, supportsSnapshotReadConcern: true };
  const server = { host: hostname(), version: VERSION, process: 'mongod', pid: process.pid, uptime };
  return bson({ ...server, localTime: new Date(), mem, repl, storageEngine });
}

export function getParameter({ body }: CommandRequest): BsonDocument {
  const parameters = bson({ featureCompatibilityVersion: { version: '4.4' }, authenticationMechanisms: [] });
  if (body.get('getParameter') === '*') return parameters;
  const found = new Map([...parameters].filter(([name]) => body.has(name)));
  if (found.size === 0) throw new MongoError(72, 'no option found to get');
  return found;
}

export function getLog({ body }: CommandRequest): BsonDocument {
  const names = ['global', 'startupWarnings'];
  const name = body.get('getLog');
  if (name === '*') return bson({ names });
  if (names.includes(name as string)) return bson({ totalLinesWritten: 0, log: [] });
  throw new MongoError(96, `the logs are called ${names.join(' and ')}`);
}

/** There are no users: who may open the socket or the loopback port may do everything. */
export function connectionStatus({ body }: CommandRequest): BsonDocument {
  const authInfo = bson({ authenticatedUsers: [], authenticatedUserRoles: [] });
  if (body.get('showPrivileges') === true) authInfo.set('authenticatedUserPrivileges', []);
  return bson({ authInfo });
}

export function replSetGetStatus({ connection: { address } }: CommandRequest): BsonDocument {
  const self = { _id: 0, name: address, health: 1, state: 1, stateStr: 'PRIMARY', self: true };
  return bson({ set: SET_NAME, date: new Date(), myState: 1, term: 1, members: [self] });
}

export function replSetGetConfig({ connection }: CommandRequest): BsonDocument {
  return bson({ config: { _id: SET_NAME, version: 1, members: [{ _id: 0, host: connection.address }] } });
}

export function currentOp(request: CommandRequest): BsonDocument {
  return bson({ inprog: [currentOperation(request)] });
}

/** Gives out a session id, as the shell asks for one. */
export function startSession(): BsonDocument {
  return bson({ id: { id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) }, timeoutMinutes: 30 });
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}

/** What collections hold together, without counting. */
export function totalsOf(scope: ReadScope, collections: readonly StoredCollection[]): Totals {
  return collections.map((each) => new ScopedCollectionView(each, scope).totals()).reduce(sumOf, noTotals);
}

/** What is known of a collection without counting; the sizes are those of its documents. */
export function collStats(request: CommandRequest, engine: Engine, options: Options): BsonDocument {
  return bson({ ns: namespaceOf(request), ...storageStats(request, engine, scaleOf(options)) });
}

function storageStats(request: CommandRequest, engine: Engine, scaleFactor: number) {
  return engine.readCatalog(request, (scope) => {
    const collection = scope.catalog.find(namespaceOf(request));
    const { documents: count, bytes } = totalsOf(scope, collection ? [collection] : []);
    const indexes = collection?.indexes ?? [];
    const size = Math.floor(bytes / scaleFactor);
    return {
      ...{ size, count, ...(count > 0 && { avgObjSize: Math.floor(bytes / count) }) },
      ...{ storageSize: size, freeStorageSize: 0, capped: false, nindexes: indexes.length, indexBuilds: [] },
      ...{ totalIndexSize: 0, indexSizes: Object.fromEntries(indexes.map(({ name }) => [name, 0])) },
      ...{ totalSize: size, scaleFactor },
    };
  });
}

/** As collStats, for all collections of a database together. */
export function dbStats(request: CommandRequest, engine: Engine, options: Options): BsonDocument {
  const scaleFactor = scaleOf(options);
  return engine.readCatalog(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    const { documents, bytes } = totalsOf(scope, collections);
    const size = bytes / scaleFactor;
    const indexes = collections.reduce((sum, each) => sum + each.indexes.length, 0);
    return bson({
      ...{ db: request.db, collections: collections.length, views: 0, objects: documents },
      ...{ avgObjSize: documents > 0 ? bytes / documents : 0, dataSize: size, storageSize: size },
      ...{ indexes, indexSize: 0, totalSize: size, scaleFactor },
    });
  });
}

type DiagnosticStage = (request: CommandRequest, engine: Engine, spec: BsonDocument) => BsonDocument[];

/** Stages that begin a pipeline and tell of a collection or the server instead of reading documents. */
const diagnosticStages: ReadonlyMap<string, DiagnosticStage> = new Map<string, DiagnosticStage>([
  ['$collStats', collStatsStage],
  ['$indexStats', indexStatsStage],
  ['$currentOp', (request) => [currentOperation(request)]],
]);

const nothingElse = { aggregate: () => [], pauses: () => false, takeMemory: () => undefined };

/** The answer to a pipeline that begins with such a stage; null for any other. */
export function answerDiagnosticStage(request: CommandRequest, engine: Engine): BsonDocument | null {
  const pipeline = request.body.get('pipeline');
  const [first, ...rest] = Array.isArray(pipeline) ? pipeline : [];
  const [[name, spec] = ['', null]] = isDocument(first) ? first : [];
  const stage = diagnosticStages.get(name);
  if (!stage || !isDocument(spec)) return null;
  const results = [...compilePipeline(rest, nothingElse)(stage(request, engine, spec))];
  const collection = request.body.get('aggregate');
  const ns = `${request.db}.${typeof collection === 'string' ? collection : '$cmd.aggregate'}`;
  const found = results.filter((result) => result !== null);
  return listing(ns, found);
}

function collStatsStage(request: CommandRequest, engine: Engine, spec: BsonDocument): BsonDocument[] {
  const wanted = spec.get('storageStats');
  const scale = isDocument(wanted) ? scaleOf(new Options(wanted, '$collStats.storageStats')) : 1;
  const stats = storageStats(request, engine, scale);
  const shown = {
    ...(wanted !== undefined && { storageStats: stats }),
    ...(spec.has('count') && { count: stats.count }),
  };
  return [bson({ ns: namespaceOf(request), host: hostname(), localTime: new Date(), ...shown })];
}

/** How often an index was used is not counted. */
function indexStatsStage(request: CommandRequest, engine: Engine): BsonDocument[] {
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(namespaceOf(request)));
  const accesses = { ops: Long.ZERO, since: new Date() };
  return (collection?.indexes ?? []).map(({ name, key, spec }) =>
    bson({ name, key, host: hostname(), accesses, spec }),
  );
}

/** The command that asks: what else runs, waits for its next turn and is not listed. */
function currentOperation({ body: command, db, connection: { id } }: CommandRequest): BsonDocument {
  const connection = { host: hostname(), desc: `conn${id}`, connectionId: id };
  return bson({ type: 'op', ...connection, active: true, op: 'command', ns: `${db}.$cmd`, command });
}

/** @throws MongoError BadValue */
function scaleOf(options: Options): number {
  const scale = options.number('scale') ?? 1;
  if (scale < 1) throw new MongoError(2, 'Scale factor must be greater than zero');
  return scale;
}
