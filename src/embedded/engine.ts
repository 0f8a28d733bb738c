import { CommandRequest } from './commands/command';
import { CollectionView } from './storage/view';

/** Where the engine tells its operator what a client cannot be told. */
export interface EngineLog {
  info(message: string): void;
  error(message: string, error: unknown): void;
}

export interface EngineOptions {
  /** The data folder; made where it is missing. */
  readonly path: string;
  readonly log: EngineLog;
  /** How long a transaction may lie idle before it is aborted; 60,000 by default. */
  readonly transactionIdleMilliseconds?: number;
}

/** One open data folder. */
export interface Engine {
  /**
   * What `request` reads `collectionName` through: its transaction's view (beginning the transaction where the request
   * says so), or else the latest commit. Null where there is no such collection. The caller releases it.
   * @throws MongoError NoSuchTransaction, SnapshotUnavailable
   */
  read(request: CommandRequest, collectionName: string): CollectionView | null;
  /** Aborts what is open, flushes and closes. */
  close(): Promise<void>;
}
