import type { Socket } from 'node:net';
import { ConnectionState, MAX_MESSAGE_BYTES, Reply } from '../commands/request';
import type { Engine, EngineLog } from '../engine';
import { MongoError } from '../language/errors';
import { isLegacy, parseMessage, ProtocolError, requestIdOf, wantsReply } from './message';
import { encodeReply } from './reply-encoder';
import { errorReply, runCommand } from './request';

const HEADER_BYTES = 16;
const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages. A message that came in one piece is not copied. Memory follows what has arrived,
 * never what a header claims will come.
 */
export class FrameReader {
  private bytes = EMPTY;
  private start = 0;
  private end = 0;
  private owned = false;

  /** Bytes that wait for the rest of their message or for their turn. */
  get buffered(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    if (this.buffered === 0) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.owned = false;
      return;
    }
    if (!this.owned || this.bytes.length - this.end < chunk.length) this.grow(this.buffered + chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  /**
   * The next whole message with its header, or null while it is incomplete. It shares memory with what was pushed.
   * @throws ProtocolError when the header's length is none
   */
  next(): Buffer | null {
    const length = this.messageLength();
    if (length === null || this.buffered < length) return null;
    const message = this.bytes.subarray(this.start, this.start + length);
    this.start += length;
    if (this.buffered === 0) this.bytes = EMPTY;
    return message;
  }

  private messageLength(): number | null {
    if (this.buffered < 4) return null;
    const length = this.bytes.readInt32LE(this.start);
    if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) {
      throw new ProtocolError(`a message of ${length} bytes`);
    }
    return length;
  }

  /** Twice the need, so that a message in many small pieces is copied a few times only, but not beyond its end. */
  private grow(needed: number): void {
    const target = this.messageLength() ?? HEADER_BYTES;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * needed, target)));
    this.bytes.copy(grown, 0, this.start, this.end);
    this.end = this.buffered;
    this.start = 0;
    this.bytes = grown;
    this.owned = true;
  }
}

const INVALID_BSON = 22;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly engine: Engine;
  readonly log: EngineLog;
  /** Called when the bytes that a connection holds may have grown. */
  noteHeldBytes(connection: Connection): void;
}

/**
 * One client. Its messages are served one after the other, as MongoDB does. While one is being served, or its reply
 * waits for a slow reader, at most one more piece is taken from the socket.
 */
export class Connection implements ConnectionState {
  private readonly reader = new FrameReader();
  private readonly closeCallbacks: (() => void)[] = [];
  private phase: 'idle' | 'running' | 'draining' = 'idle';
  private ending = false;
  /** Since when the peer owes us its first message, the rest of one, or to take a reply (ms since 1970). */
  private owedSince: number | null = Date.now();

  constructor(
    readonly id: number,
    readonly address: string,
    private readonly socket: Socket,
    private readonly host: ConnectionHost,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('drain', () => this.drained());
    // The close that follows says all there is to say: the peer is gone.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.closeCallbacks.forEach((callback) => callback()));
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  onClose(callback: () => void): void {
    if (this.socket.destroyed) callback();
    else this.closeCallbacks.push(callback);
  }

  /** Bytes in memory for this client: what it sent and we have not served, what we sent and it has not taken. */
  get heldBytes(): number {
    return this.reader.buffered + this.socket.writableLength;
  }

  /** Whether the peer has stood in the middle of a message, its own or ours, since before `time` (ms since 1970). */
  isStalledSince(time: number): boolean {
    return this.phase !== 'running' && this.owedSince !== null && this.owedSince < time;
  }

  /** Closes as soon as the command that runs, if any, has been answered. */
  end(): void {
    this.ending = true;
    if (this.phase !== 'running') this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.reader.push(chunk);
    if (this.phase === 'idle') this.serve();
    else this.socket.pause();
    this.host.noteHeldBytes(this);
  }

  private drained(): void {
    this.phase = 'idle';
    this.owedSince = null;
    this.serve();
  }

  /** Serves what has arrived, as far as it goes without waiting. */
  private serve(): void {
    this.orClose(() => {
      while (this.phase === 'idle' && !this.ending) {
        const frame = this.reader.next();
        if (!frame) return this.awaitMore();
        this.owedSince = null;
        this.serveFrame(frame);
      }
    });
  }

  private awaitMore(): void {
    if (this.reader.buffered > 0) this.owedSince ??= Date.now();
    if (this.socket.isPaused()) this.socket.resume();
  }

  private serveFrame(frame: Buffer): void {
    this.phase = 'running';
    const reply = this.replyTo(frame);
    if (!(reply instanceof Promise)) {
      this.send(frame, reply);
      return;
    }
    void reply.then((late) => {
      this.orClose(() => this.send(frame, late));
      this.serve();
    });
  }

  private replyTo(frame: Buffer): Reply | Promise<Reply> {
    const { engine, log } = this.host;
    try {
      return runCommand(parseMessage(frame), this, engine, log);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      // Who sends broken BSON has lost the thread; who nests too deep may go on.
      this.ending ||= error.code === INVALID_BSON;
      return errorReply(error, log);
    }
  }

  private send(frame: Buffer, reply: Reply): void {
    this.phase = 'idle';
    if (wantsReply(frame) && !this.socket.write(encodeReply(reply, requestIdOf(frame), isLegacy(frame)))) {
      this.phase = 'draining';
      this.owedSince = Date.now();
      this.host.noteHeldBytes(this);
    }
    if (this.ending) this.socket.destroySoon();
  }

  private orClose(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.host.log.error('a connection failed unexpectedly', error);
      this.destroy();
    }
  }
}
