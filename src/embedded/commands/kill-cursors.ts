import { Long } from 'bson';
import { cursorsOf } from '../cursors/open-cursors';
import type { Engine } from '../engine';
import { MongoError } from '../language/errors';
import type { CommandRequest, Reply } from './command';
import { collectionNameOf } from './namespace';
import { Options } from './options';

/** Closes cursors of one collection. */
export function killCursors(request: CommandRequest, engine: Engine): Reply {
  const ns = `${request.db}.${collectionNameOf(request)}`;
  const ids = new Options(request, { taken: ['cursors'] }).get('cursors');
  if (!Array.isArray(ids) || !ids.every((id) => id instanceof Long)) {
    throw new MongoError(9, "Field 'cursors' must be an array of cursor ids");
  }
  if (ids.length === 0) throw new MongoError(2, 'Must specify at least one cursor id in: killCursors');
  const cursors = cursorsOf(engine);
  const killed = ids.filter((id) => cursors.get(id)?.ns === ns && cursors.kill(id));
  return new Map<string, Long[]>([
    ['cursorsKilled', killed],
    ['cursorsNotFound', ids.filter((id) => !killed.includes(id))],
    ['cursorsAlive', []],
    ['cursorsUnknown', []],
  ]);
}
