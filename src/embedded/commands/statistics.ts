import { Double, Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonNumber, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { ScopedCollectionView } from '../storage/collection-view';
import { noTotals, sumOf } from '../storage/totals';
import { CommandRequest, Reply, replyOf, ReplyValue } from './command';
import { assertOptions } from './generic-options';
import { namespaceOf } from './namespace';

const options = { taken: new Set(['scale']) };

/** What is known of a collection without counting; the sizes are those of its documents. */
export function collStats(request: CommandRequest, engine: Engine): Reply {
  assertOptions(request, options);
  const ns = namespaceOf(request);
  const scale = scaleOf(request);
  return engine.readCatalog(request, (scope) => {
    const collection = scope.catalog.find(ns);
    const { documents, bytes } = collection ? new ScopedCollectionView(collection, scope).totals() : noTotals;
    const size = whole(bytes / scale);
    return replyOf<ReplyValue>({
      ns,
      size,
      count: whole(documents),
      ...(documents > 0 && { avgObjSize: whole(bytes / documents) }),
      storageSize: size,
      freeStorageSize: whole(0),
      capped: false,
      nindexes: new Int32(collection?.indexes.length ?? 0),
      indexBuilds: [],
      totalSize: size,
      scaleFactor: whole(scale),
    });
  });
}

/** As collStats, for all collections of a database together. */
export function dbStats(request: CommandRequest, engine: Engine): Reply {
  assertOptions(request, options);
  const scale = scaleOf(request);
  return engine.readCatalog(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    const totals = collections.map((collection) => new ScopedCollectionView(collection, scope).totals());
    const { documents, bytes } = totals.reduce(sumOf, noTotals);
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
      totalSize: size,
      scaleFactor: new Double(scale),
    });
  });
}

function scaleOf({ body }: CommandRequest): number {
  const scale = body.get('scale');
  if (scale === undefined) return 1;
  if (!isNumber(scale)) throw new MongoError(14, 'scale has to be a number');
  const value = Math.trunc(toDouble(scale));
  if (value < 1) throw new MongoError(2, `Scale factor must be greater than zero`);
  return value;
}

/** An int where it fits, as MongoDB answers sizes. */
function whole(value: number): Int32 | Double {
  const integer = Math.floor(value);
  return integer < 2 ** 31 ? new Int32(integer) : new Double(integer);
}
