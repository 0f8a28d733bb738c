import type { Engine } from '../engine';
import { aggregate } from './aggregate';
import * as collections from './collections';
import type { Command, CommandRequest } from './command';
import { count } from './count';
import { deleteDocuments } from './delete';
import { distinct } from './distinct';
import { explain } from './explain';
import { find } from './find';
import { findAndModify } from './find-and-modify';
import { getMore } from './get-more';
import { createIndexes, dropIndexes } from './indexes';
import { insert } from './insert';
import { killCursors } from './kill-cursors';
import * as listings from './listings';
import { serverCommands } from './server-commands';
import { collStats, dbStats } from './statistics';
import { abortTransaction, commitTransaction } from './transaction-ends';
import { update } from './update';
import { validate } from './validate';

const dataCommands: readonly (readonly [name: string, command: Command])[] = [
  ['insert', insert],
  ['update', update],
  ['delete', deleteDocuments],
  ['findAndModify', findAndModify],
  ['findandmodify', findAndModify],
  ['find', find],
  ['getMore', getMore],
  ['killCursors', killCursors],
  ['aggregate', aggregate],
  ['count', count],
  ['distinct', distinct],
  ['explain', explain],
  ['create', collections.create],
  ['drop', collections.drop],
  ['dropDatabase', collections.dropDatabase],
  ['renameCollection', collections.renameCollection],
  ['listCollections', listings.listCollections],
  ['listDatabases', listings.listDatabases],
  ['listIndexes', listings.listIndexes],
  ['createIndexes', createIndexes],
  ['dropIndexes', dropIndexes],
  ['deleteIndexes', dropIndexes],
  ['collStats', collStats],
  ['collstats', collStats],
  ['dbStats', dbStats],
  ['dbstats', dbStats],
  ['validate', validate],
  ['commitTransaction', commitTransaction],
  ['abortTransaction', abortTransaction],
];

/** Every command that the engine knows; any other is answered with CommandNotFound. */
export const commands: ReadonlyMap<string, Command> = new Map(
  [...serverCommands, ...dataCommands].map(([name, command]) => [name, withinSession(command)]),
);

function withinSession(command: Command): Command {
  return (request: CommandRequest, engine: Engine) =>
    engine.sessions.run(request, () => command(request, engine));
}
