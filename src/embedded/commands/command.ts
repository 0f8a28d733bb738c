import type { Engine } from '../engine';
import { BsonDocument, BsonValue } from '../language/bson-value';

/** The connection a command came in on. */
export interface ConnectionState {
  readonly id: number;
  /** The address that a client reaches us by: host and port, or the path of a socket. */
  readonly address: string;
  /** Calls back once, when the connection has closed. */
  onClose(callback: () => void): void;
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
}

/** A document in a reply that is sent as it is stored, without decoding it. */
export class RawDocument {
  constructor(readonly bytes: Uint8Array) {}
}

/** An array of such documents. */
export class RawDocuments {
  constructor(readonly documents: readonly Uint8Array[]) {}
}

export type ReplyValue = BsonValue | RawDocument | RawDocuments | Reply;

/** A reply without its `ok`; key order is kept. */
export type Reply = Map<string, ReplyValue>;

/** A reply, or a document in one, from fields written out in their order. */
export function replyOf<Value extends ReplyValue>(fields: Record<string, Value>): Map<string, Value> {
  return new Map(Object.entries(fields));
}

/** Answers one command; throws (or rejects with) MongoError for a failure the client is told about. */
export type Command = (request: CommandRequest, engine: Engine) => Promise<Reply> | Reply;
