import { Long } from 'bson';
import { bson, BsonDocument, BsonValue } from '../language/bson-value';
import type { Transaction } from '../transactions/transaction';

/** MongoDB's own limits, as `hello` tells them to clients. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** One message, its header included. */
export const MAX_MESSAGE_BYTES = 48_000_000;
/** Statements of one insert, update or delete. */
export const MAX_BATCH_SIZE = 100_000;

/** The connection a command came in on. */
export interface ConnectionState {
  readonly id: number;
  /** The address that a client reaches us by: host and port, or the path of a socket. */
  readonly address: string;
  /** Whether it has closed. */
  readonly gone: boolean;
}

/** One command as it came off the wire. */
export interface CommandRequest {
  /** The first key of the body, as sent. */
  readonly name: string;
  readonly db: string;
  /** Decoded, except for `documents`. Sequences `updates` and `deletes` are arrays here. */
  readonly body: BsonDocument;
  /** An insert's documents as raw bytes, in order, from the body's array or from a document sequence. */
  readonly rawDocuments: readonly Uint8Array[];
  readonly connection: ConnectionState;
  /** The transaction that it is a statement of. This and the next are set when its turn in its session comes. */
  transaction: Transaction | null;
  /** What a retryable write has done before, which is not done again; null for any other command. */
  results: StatementResults | null;
}

/** What the statements of a retryable write have done, by their place in it, for the case that their answer gets lost. */
export type StatementResults = Map<number, unknown>;

/** Bytes are an encoded document, which is sent as it is. */
export type ReplyValue = BsonValue | Uint8Array | Uint8Array[] | Reply;

/** A reply without its `ok`; key order is kept. */
export type Reply = Map<string, ReplyValue>;

/** A cursor that ends with its first batch: what catalogs and statistics tell is little. */
export function listing(ns: string, entries: readonly (BsonDocument | null)[]): BsonDocument {
  return bson({ cursor: { id: Long.ZERO, ns, firstBatch: entries } });
}
