import type { IncomingMessage, ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** Responses up to this size, in bytes, are not counted. */
const smallAnswer = 1024 * 1024;
/** What a large read is expected to bring, in bytes, before any was measured: as much as one reply of MongoDB can hold. */
const firstGuess = 16 * 1024 * 1024;
/** How much of the last guess remains after a smaller read. */
const remaining = 0.8;
/** After this time, in milliseconds, the others wait no longer for a read: it is the database that is slow. */
const slowReadMs = 1000;

/**
 * Limits the memory of a process's large responses, from when they are read until they are sent. Large reads wait while a
 * third of it is taken: while it is read, a row is in memory several times. Beyond the limit the next response is refused:
 * a hundred of them would exhaust the memory.
 */
export class ResponseMemoryBudget {
  private held = 0;
  private reads = 0;
  private expectedBytes = firstGuess;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly maxBytes: number) {}

  /** The memory of one response. */
  share(): ResponseMemory {
    return new ResponseMemory(this);
  }

  /** Whether `bytes` fit beside the other responses; a lone response always fits. */
  hasRoom(bytes: number, own: number): boolean {
    return this.held === own || this.held + bytes <= this.maxBytes;
  }

  change(bytes: number): void {
    this.held += bytes;
    if (bytes < 0) this.startNext();
  }

  /** Runs a large read when there is room for what it is expected to bring. A lone one always runs. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.waiting.push(start);
      this.startNext();
    });
    let counts = true;
    const end = () => {
      if (!counts) return;
      counts = false;
      this.reads -= 1;
      this.startNext();
    };
    const timer = setTimeout(end, slowReadMs);
    try {
      return await read();
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** Learns how much large reads bring these days. */
  learn(bytes: number): void {
    this.expectedBytes = Math.max(bytes, this.expectedBytes * remaining);
  }

  private startNext(): void {
    while (this.waiting.length > 0 && (this.reads === 0 || this.mayRead())) {
      this.reads += 1;
      this.waiting.shift()!();
    }
  }

  private mayRead(): boolean {
    return this.held + (this.reads + 1) * this.expectedBytes <= this.maxBytes / 3;
  }
}

/** The memory that one response holds. */
export class ResponseMemory {
  private read = 0;
  private counted = 0;
  private isOver = false;

  constructor(private readonly memory: ResponseMemoryBudget) {}

  /** Runs a read for the response that may be large, when there is room for it. */
  reading<T>(read: () => Promise<T>): Promise<T> {
    return this.memory.reading(async () => {
      const before = this.read;
      const result = await read();
      this.memory.learn(this.read - before);
      return result;
    });
  }

  /**
   * Reserves memory for bytes read for the response.
   * @throws SERVICE_UNAVAILABLE if the budget is spent
   */
  take(bytes: number): void {
    // A failed field may have ended the response before its siblings were read.
    if (this.isOver) throw serviceUnavailable('This response has already ended.');
    this.read += bytes;
    if (this.read <= smallAnswer) return;
    if (!this.memory.hasRoom(this.read - this.counted, this.counted))
      throw serviceUnavailable('Too many large responses are in memory. Ask for less, or try again.');
    this.count(this.read);
  }

  /**
   * Holds the memory until the response is sent or the client has disconnected.
   * @param bytes of the encoded response; null if it holds what was read
   */
  end(bytes: number | null, request: IncomingMessage, response: ServerResponse): void {
    this.isOver = true;
    if (bytes !== null) this.count(bytes > smallAnswer ? bytes : 0);
    if (this.counted === 0) return;
    const { socket } = request;
    const giveBack = (): void => {
      response.off('close', giveBack);
      socket.off('close', giveBack);
      this.count(0);
    };
    if (response.closed || socket.destroyed) return giveBack();
    // A response queued behind another one gets no event when their connection closes.
    response.once('close', giveBack);
    socket.once('close', giveBack);
  }

  /** Whether the response is large enough to count. */
  get isLarge(): boolean {
    return this.counted > 0;
  }

  /** Releases all memory of the response. */
  release(): void {
    this.isOver = true;
    this.count(0);
  }

  private count(bytes: number): void {
    this.memory.change(bytes - this.counted);
    this.counted = bytes;
  }
}
