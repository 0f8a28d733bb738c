import { Long } from 'bson';
import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import { compilePipeline } from '../language/aggregate';
import { bson, BsonDocument, isDocument, Plain } from '../language/bson-value';
import { check } from '../language/errors';
import { collectionsOf, StoredCollection } from '../storage/catalog';
import { noTotals, sumOf, Totals } from '../storage/keys';
import { CollectionView, ReadScope } from '../storage/view';
import { Call } from './call';
import { namespaceOf, Options } from './options';
import { CommandRequest, listing, Reply } from './request';
import { MAX_BATCH_SIZE, MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES } from './request';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
export const VERSION = '4.4.6';

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
function hello({ name, body, connection: { address, id } }: CommandRequest): Plain {
  return {
    ...(body.get('helloOk') === true && { helloOk: true }),
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    // Drivers ask for the set's name before they use transactions or retry writes.
    ...{ secondary: false, setName: 'embedded', setVersion: 1 },
    ...{ hosts: [address], primary: address, me: address },
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_BATCH_SIZE,
    ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: id },
    // 9 is MongoDB 4.4.
    ...{ minWireVersion: 0, maxWireVersion: 9, readOnly: false },
  };
}

function buildInfo(): Plain {
  const versionArray = `${VERSION}.0`.split('.').map(Number);
  const build = { version: VERSION, gitVersion: 'embedded engine', modules: [], versionArray };
  return { ...build, bits: 64, storageEngines: ['lmdb'], maxBsonObjectSize: MAX_DOCUMENT_BYTES };
}

function hostInfo(): Plain {
  const memSizeMB = Math.floor(totalmem() / 2 ** 20);
  const system = { hostname: hostname(), numCores: cpus().length, cpuArch: arch(), memSizeMB };
  return { system, os: { type: osType(), name: osType(), version: release() }, extra: {} };
}

/** There are no users: who may open the socket or the loopback port may do everything. */
function connectionStatus({ body }: CommandRequest): Plain {
  const privileges = body.get('showPrivileges') === true && { authenticatedUserPrivileges: [] };
  return { authInfo: { authenticatedUsers: [], authenticatedUserRoles: [], ...privileges } };
}

/** What drivers and shells ask of a server when they connect, by all its names; none of it reads a collection. */
export const ANSWERS: Readonly<Record<string, (request: CommandRequest) => Plain>> = {
  'hello isMaster ismaster': hello,
  'buildInfo buildinfo': buildInfo,
  'ping refreshSessions': () => ({}),
  hostInfo,
  connectionStatus,
  getParameter: () => ({ featureCompatibilityVersion: { version: '4.4' } }),
  getCmdLineOpts: () => ({ argv: ['mongod'], parsed: {} }),
  getLog: () => ({ totalLinesWritten: 0, log: [] }),
};

/** What collections hold together, without counting. */
export function totalsOf(scope: ReadScope, collections: readonly StoredCollection[]): Totals {
  return collections.map((each) => new CollectionView(each, scope).totals()).reduce(sumOf, noTotals);
}

/** What collections hold; the sizes are those of their documents. */
function statsOf(scope: ReadScope, collections: readonly StoredCollection[], options: Options) {
  const { documents, bytes } = totalsOf(scope, collections);
  const scaleFactor = options.count('scale', 1, 1);
  const size = Math.floor(bytes / scaleFactor);
  const sizes = { storageSize: size, totalSize: size, freeStorageSize: 0, scaleFactor };
  return { documents, size, avgObjSize: documents > 0 ? Math.floor(bytes / documents) : 0, ...sizes };
}

/** What a database holds. */
export function dbStats({ request, engine, options }: Call): Reply {
  return engine.readCatalog(request, (scope) => {
    const collections = collectionsOf(scope.catalog, request.db);
    const { documents: objects, size: dataSize, ...sizes } = statsOf(scope, collections, options);
    const indexes = collections.flatMap((each) => each.indexes).length;
    const counts = { collections: collections.length, views: 0, objects, indexes, indexSize: 0 };
    return bson({ db: request.db, ...counts, dataSize, ...sizes });
  });
}

type DiagnosticStage = (
  collection: StoredCollection | undefined,
  spec: BsonDocument,
  request: CommandRequest,
  scope: ReadScope,
) => Plain[];

/** Stages that begin a pipeline and tell of a collection or the server instead of reading documents. */
const DIAGNOSTIC_STAGES: Readonly<Record<string, DiagnosticStage>> = {
  $collStats(collection, spec, request, scope) {
    const wanted = new Options(spec, '$collStats', new Set(['storageStats', 'count']));
    const options = new Options(wanted.document('storageStats'), 'storageStats', new Set(['scale']));
    const { documents: count, ...sizes } = statsOf(scope, collection ? [collection] : [], options);
    const indexes = collection?.indexes ?? [];
    const indexSizes = Object.fromEntries(indexes.map(({ name }) => [name, 0]));
    const ofIndexes = { nindexes: indexes.length, totalIndexSize: 0, indexSizes };
    const storageStats = { count, ...sizes, capped: false, ...ofIndexes };
    return [{ ns: namespaceOf(request), storageStats, count }];
  },
  $indexStats(collection) {
    // How often an index was used is not counted.
    const accesses = { ops: Long.ZERO, since: new Date() };
    return (collection?.indexes ?? []).map(({ name, key, spec }) => ({ name, key, accesses, spec }));
  },
  // The command that asks: what else runs, waits for its next turn and is not listed.
  $currentOp: (_collection, _spec, { db: ns, body: command, connection: { id } }) => [
    { type: 'op', desc: `conn${id}`, connectionId: id, active: true, op: 'command', ns, command },
  ],
};

const NO_LIMITS = { pauses: () => false, takeMemory: () => undefined };

/** The answer to a pipeline that begins with such a stage; null for any other. */
export function answerDiagnosticStage({ request, engine, options }: Call): Reply | null {
  const [first, ...rest] = options.need('pipeline', 'an array of objects');
  const [[name, spec] = ['', null]] = first ?? [];
  if (!Object.hasOwn(DIAGNOSTIC_STAGES, name) || !isDocument(spec)) return null;
  check(request.transaction === null, 263, `${name} is not allowed in a transaction.`);
  const ns = `${request.db}.${request.body.get('aggregate')}`;
  const told = engine.readCatalog(request, (scope) =>
    DIAGNOSTIC_STAGES[name]!(scope.catalog.get(ns), spec, request, scope),
  );
  return listing(ns, [...compilePipeline(rest, NO_LIMITS)(told.map(bson))]);
}
