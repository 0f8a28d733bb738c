import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binary, deserialize, Document } from 'bson';
import type { ConnectionState } from '../../src/embedded/commands/request';
import { Engine, EngineOptions, openEngine } from '../../src/embedded/engine';
import { runCommand } from '../../src/embedded/wire/request';
import { parseMessage } from '../../src/embedded/wire/message';
import { encodeReply, OP_MSG_PREFIX } from '../../src/embedded/wire/reply';
import { opMsg } from './raw-connection';

/** An engine without a socket: what is said to it is exactly what stands in the test, also about sessions. */
export class InProcessEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
  private readonly errors: string[] = [];
  private readonly log = (message: string, error: unknown) =>
    void this.errors.push(`${message}: ${String(error)}`);
  private engine!: Engine;

  async open(options: Omit<Partial<EngineOptions>, 'path' | 'log'> = {}): Promise<this> {
    this.engine = await openEngine({ ...options, path: this.folder, log: this.log });
    return this;
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  /** @throws Error where the engine has told its operator of one */
  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true });
    if (this.errors.length > 0) throw new Error(this.errors.join('\n'));
  }

  /** The reply, also of a failed command. */
  async run(
    command: Document,
    db = 'test',
    connection: ConnectionState = new FakeConnection(),
  ): Promise<Document> {
    const message = opMsg({ ...command, $db: db });
    const reply = await runCommand(parseMessage(message), connection, this.engine, this.log);
    return deserialize(encodeReply(reply, message).subarray(OP_MSG_PREFIX));
  }

  async all(collection: string, filter: Document = {}): Promise<Document[]> {
    const reply = await this.run({ find: collection, filter, sort: { _id: 1 }, batchSize: 1_000_000 });
    return (reply['cursor'] as { firstBatch: Document[] }).firstBatch;
  }
}

/** A connection that a test closes itself. */
export class FakeConnection implements ConnectionState {
  readonly id = 1;
  readonly address = 'in-process';
  gone = false;

  close(): void {
    this.gone = true;
  }
}

let sessionCount = 0;

/** The fields by which a client's commands belong to its session. */
export class FakeSession {
  private readonly lsid = { id: new Binary(Buffer.alloc(16, ++sessionCount), Binary.SUBTYPE_UUID) };
  private number = 0;

  /** For the first statement of a new transaction. */
  begin(): Document {
    this.number += 1;
    return { ...this.statement(), startTransaction: true };
  }

  /** For a further statement, and for the end. */
  statement(number = this.number): Document {
    return { lsid: this.lsid, txnNumber: BigInt(number), autocommit: false };
  }

  /** For a retryable write; the same number again repeats it. */
  retryable(number: number): Document {
    return { lsid: this.lsid, txnNumber: BigInt(number) };
  }
}
