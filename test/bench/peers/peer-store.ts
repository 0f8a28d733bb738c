import { readConfig } from '../../../src/config';
import { openDatabase, type Database } from '../../../src/database/database';
import { openStore, type Store } from '../../../src/store/store';
import { quietLog } from '../../process/quiet-log';

/** The service's own database, with its own connection options and durability, for a peer to work on. */
export async function openPeerStore(): Promise<{ database: Database; store: Store; close(): Promise<void> }> {
  const database = await openDatabase(readConfig(process.env), quietLog);
  return { database, store: await openStore(database.connection), close: () => database.close() };
}
