import { Binary, Double, Int32, Long } from 'bson';
import { randomBytes } from 'node:crypto';
import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import type { Engine } from '../engine';
import { compilePipeline } from '../language/aggregate';
import { BsonDocument, BsonNumber, BsonValue, documentOf, isDocument } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { ReadScope, ScopedCollectionView } from '../storage/collection-view';
import { noTotals, sumOf, Totals } from '../storage/keys';
import { namespaceOf, Options } from './options';
import {
  CommandRequest,
  listing,
  MAX_BATCH_SIZE,
  MAX_DOCUMENT_BYTES,
  MAX_MESSAGE_BYTES,
  Reply,
  replyOf,
} from './request';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
export const VERSION = '4.4.6';
/** 9 is MongoDB 4.4. */
const WIRE_VERSION = 9;
/** Drivers ask a replica set's name before they use transactions or retry writes. */
const SET_NAME = 'embedded';

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
export function hello({ name, body, connection: { address, id } }: CommandRequest): Reply {
  const reply: Reply = new Map();
  if (body.get('helloOk') === true) reply.set('helloOk', true);
  return reply
    .set(name === 'hello' ? 'isWritablePrimary' : 'ismaster', true)
    .set('secondary', false)
    .set('setName', SET_NAME)
    .set('setVersion', new Int32(1))
    .set('hosts', [address])
    .set('primary', address)
    .set('me', address)
    .set('maxBsonObjectSize', new Int32(MAX_DOCUMENT_BYTES))
    .set('maxMessageSizeBytes', new Int32(MAX_MESSAGE_BYTES))
    .set('maxWriteBatchSize', new Int32(MAX_BATCH_SIZE))
    .set('localTime', new Date())
    .set('logicalSessionTimeoutMinutes', new Int32(30))
    .set('connectionId', new Int32(id))
    .set('minWireVersion', new Int32(0))
    .set('maxWireVersion', new Int32(WIRE_VERSION))
    .set('readOnly', false);
}

export function buildInfo(): Reply {
  return replyOf({
    version: VERSION,
    gitVersion: 'embedded engine',
    modules: [],
    versionArray: `${VERSION}.0`.split('.').map((part) => new Int32(Number(part))),
    storageEngines: ['lmdb'],
    bits: new Int32(64),
    debug: false,
    maxBsonObjectSize: new Int32(MAX_DOCUMENT_BYTES),
  });
}

export function hostInfo(): Reply {
  return replyOf({
    system: replyOf({
      currentTime: new Date(),
      hostname: hostname(),
      cpuAddrSize: new Int32(64),
      memSizeMB: megabytes(totalmem()),
      numCores: new Int32(cpus().length),
      cpuArch: arch(),
    }),
    os: replyOf({ type: osType(), name: osType(), version: release() }),
    extra: replyOf({}),
  });
}

export function serverStatus(): Reply {
  const uptime = process.uptime();
  return replyOf({
    host: hostname(),
    version: VERSION,
    process: 'mongod',
    pid: Long.fromNumber(process.pid),
    uptime: new Double(Math.floor(uptime)),
    uptimeMillis: Long.fromNumber(Math.floor(uptime * 1000)),
    localTime: new Date(),
    mem: replyOf({ bits: new Int32(64), resident: megabytes(process.memoryUsage.rss()), supported: true }),
    repl: replyOf({ setName: SET_NAME, ismaster: true, secondary: false }),
    storageEngine: replyOf({ name: 'lmdb', persistent: true, supportsSnapshotReadConcern: true }),
  });
}

export function getParameter({ body }: CommandRequest): Reply {
  const parameters: Reply = replyOf({
    featureCompatibilityVersion: replyOf({ version: '4.4' }),
    authenticationMechanisms: [],
  });
  if (body.get('getParameter') === '*') return parameters;
  const found: Reply = new Map([...parameters].filter(([name]) => body.has(name)));
  if (found.size === 0) throw new MongoError(72, 'no option found to get');
  return found;
}

export function getLog({ body }: CommandRequest): Reply {
  const name = body.get('getLog');
  if (name === '*') return replyOf({ names: ['global', 'startupWarnings'] });
  if (name === 'global' || name === 'startupWarnings')
    return replyOf({ totalLinesWritten: new Int32(0), log: [] });
  throw new MongoError(96, 'the logs are called global and startupWarnings');
}

/** There are no users: who may open the socket or the loopback port may do everything. */
export function connectionStatus({ body }: CommandRequest): Reply {
  const authInfo = replyOf({ authenticatedUsers: [], authenticatedUserRoles: [] });
  if (body.get('showPrivileges') === true) authInfo.set('authenticatedUserPrivileges', []);
  return replyOf({ authInfo });
}

export function replSetGetStatus({ connection }: CommandRequest): Reply {
  const self = { _id: new Int32(0), name: connection.address, health: new Double(1), state: new Int32(1) };
  return replyOf({
    set: SET_NAME,
    date: new Date(),
    myState: new Int32(1),
    term: Long.fromNumber(1),
    members: [replyOf({ ...self, stateStr: 'PRIMARY', self: true })],
  });
}

export function replSetGetConfig({ connection }: CommandRequest): Reply {
  const members = [replyOf({ _id: new Int32(0), host: connection.address })];
  return replyOf({ config: replyOf({ _id: SET_NAME, version: new Int32(1), members }) });
}

export function currentOp(request: CommandRequest): Reply {
  return replyOf({ inprog: [currentOperation(request)] });
}

/** Gives out a session id, as the shell asks for one. */
export function startSession(): Reply {
  const id = replyOf({ id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) });
  return replyOf({ id, timeoutMinutes: new Int32(30) });
}

function megabytes(bytes: number): Int32 {
  return new Int32(Math.floor(bytes / 1024 / 1024));
}

/** What collections hold together, without counting. */
export function totalsOf(scope: ReadScope, collections: readonly StoredCollection[]): Totals {
  return collections.map((each) => new ScopedCollectionView(each, scope).totals()).reduce(sumOf, noTotals);
}

/** What is known of a collection without counting; the sizes are those of its documents. */
export function collStats(request: CommandRequest, engine: Engine, options: Options): Reply {
  const ns = namespaceOf(request);
  return replyOf({ ns, ...storageStats(request, engine, scaleOf(options)) });
}

function storageStats(request: CommandRequest, engine: Engine, scale: number): Record<string, BsonValue> {
  return engine.readCatalog(request, (scope) => {
    const collection = scope.catalog.find(namespaceOf(request));
    const { documents, bytes } = totalsOf(scope, collection ? [collection] : []);
    const indexes = collection?.indexes ?? [];
    const size = whole(bytes / scale);
    return {
      size,
      count: whole(documents),
      ...(documents > 0 && { avgObjSize: whole(bytes / documents) }),
      storageSize: size,
      freeStorageSize: whole(0),
      capped: false,
      nindexes: new Int32(indexes.length),
      indexBuilds: [],
      totalIndexSize: whole(0),
      indexSizes: documentOf(Object.fromEntries(indexes.map(({ name }) => [name, whole(0)]))),
      totalSize: size,
      scaleFactor: whole(scale),
    };
  });
}

/** As collStats, for all collections of a database together. */
export function dbStats(request: CommandRequest, engine: Engine, options: Options): Reply {
  const scale = scaleOf(options);
  return engine.readCatalog(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    const { documents, bytes } = totalsOf(scope, collections);
    const size = new Double(bytes / scale);
    return replyOf<string | BsonNumber>({
      db: request.db,
      collections: new Int32(collections.length),
      views: new Int32(0),
      objects: whole(documents),
      avgObjSize: new Double(documents > 0 ? bytes / documents : 0),
      dataSize: size,
      storageSize: size,
      indexes: new Int32(collections.reduce((sum, { indexes }) => sum + indexes.length, 0)),
      indexSize: new Double(0),
      totalSize: size,
      scaleFactor: new Double(scale),
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
export function answerDiagnosticStage(request: CommandRequest, engine: Engine): Reply | null {
  const pipeline = request.body.get('pipeline');
  const [first, ...rest] = Array.isArray(pipeline) ? pipeline : [];
  const [[name, spec] = ['', null]] = isDocument(first) ? first : [];
  const stage = diagnosticStages.get(name);
  if (!stage || !isDocument(spec)) return null;
  const results = [...compilePipeline(rest, nothingElse)(stage(request, engine, spec))];
  const collection = request.body.get('aggregate');
  const ns = `${request.db}.${typeof collection === 'string' ? collection : '$cmd.aggregate'}`;
  return listing(
    ns,
    results.filter((result) => result !== null),
  );
}

function collStatsStage(request: CommandRequest, engine: Engine, spec: BsonDocument): BsonDocument[] {
  const wanted = spec.get('storageStats');
  const scale = isDocument(wanted) ? scaleOf(new Options(wanted, '$collStats.storageStats')) : 1;
  const stats = storageStats(request, engine, scale);
  return [
    documentOf({
      ns: namespaceOf(request),
      host: hostname(),
      localTime: new Date(),
      ...(wanted !== undefined && { storageStats: documentOf(stats) }),
      ...(spec.has('count') && { count: stats.count! }),
    }),
  ];
}

/** How often an index was used is not counted. */
function indexStatsStage(request: CommandRequest, engine: Engine): BsonDocument[] {
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(namespaceOf(request)));
  const accesses = documentOf({ ops: Long.ZERO, since: new Date() });
  return (collection?.indexes ?? []).map(({ name, key, spec }) =>
    documentOf({ name, key, host: hostname(), accesses, spec }),
  );
}

/** The command that asks: what else runs, waits for its next turn and is not listed. */
export function currentOperation({ body, db, connection }: CommandRequest): BsonDocument {
  const command = new Map(body);
  return documentOf({
    type: 'op',
    host: hostname(),
    desc: `conn${connection.id}`,
    connectionId: new Int32(connection.id),
    active: true,
    op: 'command',
    ns: `${db}.$cmd`,
    command,
  });
}

/** @throws MongoError BadValue */
function scaleOf(options: Options): number {
  const scale = options.number('scale') ?? 1;
  if (scale < 1) throw new MongoError(2, 'Scale factor must be greater than zero');
  return scale;
}

/** An int where it fits, as MongoDB answers sizes. */
function whole(value: number): Int32 | Double {
  const integer = Math.floor(value);
  return integer < 2 ** 31 ? new Int32(integer) : new Double(integer);
}
