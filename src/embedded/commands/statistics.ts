import { hostname } from 'node:os';
import { Double, Int32, Long } from 'bson';
import type { Engine } from '../engine';
import { compilePipeline } from '../language/aggregate';
import { BsonDocument, BsonNumber, BsonValue, documentOf, isDocument } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { ReadScope, ScopedCollectionView } from '../storage/collection-view';
import { noTotals, sumOf, Totals } from '../storage/totals';
import { namespaceOf, Options } from './options';
import { CommandRequest, listing, Reply, replyOf } from './request';

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
