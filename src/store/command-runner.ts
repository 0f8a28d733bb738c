import { mongo } from 'mongoose';
import { isRetryableRead, isUnknownHint } from '../database/database-errors';
import { DomainError, serviceUnavailable } from '../errors';
import type { RequestScope } from './request-scope';
import { sizeOfRows } from './row-size';
import type { Store } from './store';

/** Enough for the largest page: 500 payloads of 256 KiB. */
const maxMiB = 160;

/** So few rows take only a few milliseconds: reads of no more never wait for other reads. */
const fewRows = 100;

/** Options for the commands of one operation. */
export interface RunnerOptions {
  readPreference: mongo.ReadPreferenceMode;
  /** The maximum time of one command in the database, in milliseconds. */
  readonly timeoutMs: number;
  /** Null if the operation as a whole has no limits. */
  readonly scope: RequestScope | null;
}

/** A find command over one index. */
export interface FindRequest {
  readonly filter: mongo.Filter<mongo.Document>;
  readonly projection: mongo.Document;
  readonly limit: number;
  readonly sort?: mongo.Document;
  readonly hint?: mongo.Document;
}

interface CursorReply {
  readonly cursor: { readonly id: unknown; readonly firstBatch: mongo.Document[] };
}

/**
 * Runs the read commands of one operation. Each gets all rows in one reply, which is decoded in one piece: for a page, that
 * costs half as much as the driver's cursor, which decodes each row by itself.
 */
export class CommandRunner {
  private bytes = 0;
  private readonly database: mongo.Db;

  constructor(
    private readonly store: Pick<Store, 'database' | 'turns' | 'largeReads'>,
    private readonly options: RunnerOptions,
  ) {
    this.database = store.database;
  }

  /** Makes all later reads go to the primary. */
  fromPrimary(): void {
    this.options.readPreference = 'primary';
  }

  /**
   * The options for commands without a cursor.
   * @throws SERVICE_UNAVAILABLE when the operation's time is up
   */
  get commandOptions() {
    const { readPreference, timeoutMs, scope } = this.options;
    if (scope === null) return { readPreference, maxTimeMS: timeoutMs };
    const leftMs = scope.deadline - Date.now();
    if (leftMs <= 0) throw serviceUnavailable('The request took too long. Ask for less, or try again.');
    return { readPreference, maxTimeMS: Math.min(timeoutMs, leftMs), signal: scope.signal() };
  }

  /**
   * All rows that match, up to the limit.
   * @throws QUERY_TOO_COMPLEX if the operation reads more than one may hold in memory
   */
  find<Row>(collection: string, { filter, hint, ...request }: FindRequest): Promise<Row[]> {
    // One more than the limit, as the driver does: a full batch would leave the cursor open.
    const batchSize = request.limit + 1;
    return this.hinted(hint, (hinted) =>
      this.rows(
        collection,
        { find: collection, filter, ...request, ...hinted, batchSize },
        request.limit,
        (rows) => rows.find(filter, { ...this.commandOptions, ...request, ...hinted, batchSize }),
      ),
    );
  }

  /**
   * All rows of a pipeline that returns at most `limit`.
   * @param hint the index of the first stage
   * @throws QUERY_TOO_COMPLEX as `find`
   */
  aggregate<Row>(
    collection: string,
    pipeline: mongo.Document[],
    limit: number,
    hint?: mongo.Document,
  ): Promise<Row[]> {
    const batchSize = limit + 1;
    return this.hinted(hint, (hinted) =>
      this.rows(
        collection,
        { aggregate: collection, pipeline, cursor: { batchSize }, ...hinted },
        limit,
        (rows) => rows.aggregate(pipeline, { ...this.commandOptions, ...hinted, batchSize }),
      ),
    );
  }

  /** Without the hint where there is no such index, as with AUTO_INDEX=false before it is built: slow, but right. */
  private async hinted<Row>(
    hint: mongo.Document | undefined,
    read: (hinted: { readonly hint?: mongo.Document }) => Promise<Row[]>,
  ): Promise<Row[]> {
    if (hint === undefined) return read({});
    try {
      return await read({ hint });
    } catch (error) {
      if (!isUnknownHint(error)) throw error;
      return read({});
    }
  }

  private rows<Row>(
    collection: string,
    command: mongo.Document,
    limit: number,
    openCursor: (collection: mongo.Collection) => mongo.AbstractCursor<unknown>,
  ): Promise<Row[]> {
    const read = () => this.allRows<Row>(collection, command, openCursor);
    if (limit <= fewRows) return read();
    const { scope } = this.options;
    return this.store.largeReads.run(this, limit, () => (scope === null ? read() : scope.reading(read)));
  }

  private async allRows<Row>(
    collection: string,
    command: mongo.Document,
    openCursor: (collection: mongo.Collection) => mongo.AbstractCursor<unknown>,
  ): Promise<Row[]> {
    const { cursor } = await this.run(command);
    if (cursor.firstBatch.length > fewRows) await this.store.turns.next();
    if (String(cursor.id) === '0') return this.counted(cursor.firstBatch as Row[]);
    // More than one reply holds. The driver continues the cursor on its server, which our own commands might miss.
    this.kill(collection, cursor.id);
    return this.readAll(openCursor(this.database.collection(collection)) as mongo.AbstractCursor<Row>);
  }

  /** Retries once, as the driver does for its own reads but not for raw commands. */
  private async run(command: mongo.Document): Promise<CursorReply> {
    const { database } = this;
    const { maxTimeMS, ...options } = this.commandOptions;
    const { readConcern } = database;
    const whole = { ...command, maxTimeMS, ...(readConcern && { readConcern: readConcern.toJSON() }) };
    try {
      return (await database.command(whole, options)) as CursorReply;
    } catch (error) {
      if (!database.client.options.retryReads || !isRetryableRead(error)) throw error;
      return (await database.command(whole, options)) as CursorReply;
    }
  }

  private kill(collection: string, id: unknown): void {
    const cursors = [mongo.Long.fromString(String(id))];
    const { readPreference } = this.options;
    // If this reaches another server, the cursor times out in ten minutes.
    this.database.command({ killCursors: collection, cursors }, { readPreference }).catch(() => undefined);
  }

  private async readAll<Row>(cursor: mongo.AbstractCursor<Row>): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of cursor) {
      const batch = this.counted([row, ...cursor.readBufferedDocuments()]);
      for (const next of batch) rows.push(next);
    }
    return rows;
  }

  private counted<Row>(rows: Row[]): Row[] {
    const bytes = sizeOfRows(rows);
    this.bytes += bytes;
    if (this.bytes > maxMiB * 1024 * 1024) {
      throw new DomainError(
        'QUERY_TOO_COMPLEX',
        `The response would be larger than ${maxMiB} MiB. Ask for less at a time.`,
      );
    }
    this.options.scope?.takeMemory(bytes);
    return rows;
  }
}
