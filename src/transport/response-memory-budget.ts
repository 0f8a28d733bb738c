import type { IncomingMessage, ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** Up to this size, in bytes, an answer does not count: there is room for any number of those. */
const smallAnswer = 1024 * 1024;

/**
 * What the large answers of a process hold in memory, from when they are read until they are sent. Beyond the limit the
 * next one is refused: a hundred of them would be more than a process may have.
 */
export class ResponseMemoryBudget {
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** The part of one answer. */
  share(): ResponseMemory {
    return new ResponseMemory(this);
  }

  /** Whether there is room for `bytes` beside what others hold; one that is alone may have all it needs. */
  hasRoom(bytes: number, own: number): boolean {
    return this.held === own || this.held + bytes <= this.maxBytes;
  }

  change(bytes: number): void {
    this.held += bytes;
  }
}

/** What one answer holds. */
export class ResponseMemory {
  private read = 0;
  private counted = 0;
  private isOver = false;

  constructor(private readonly memory: ResponseMemoryBudget) {}

  /**
   * Counts what has been read for the answer.
   * @throws SERVICE_UNAVAILABLE if there is no room for so many bytes more
   */
  take(bytes: number): void {
    // A field that failed may have ended the answer before its neighbours were read.
    if (this.isOver) throw serviceUnavailable('Nobody waits for this answer any more.');
    this.read += bytes;
    if (this.read <= smallAnswer) return;
    if (!this.memory.hasRoom(this.read - this.counted, this.counted))
      throw serviceUnavailable('Too many large answers are on their way. Ask for less, or try again.');
    this.count(this.read);
  }

  /** Nothing more is read: until it has been sent, or the client has gone away, the answer holds `bytes`. */
  end(bytes: number, request: IncomingMessage, response: ServerResponse): void {
    this.isOver = true;
    this.count(bytes > smallAnswer ? bytes : 0);
    if (this.counted === 0) return;
    const { socket } = request;
    const giveBack = (): void => {
      response.off('close', giveBack);
      socket.off('close', giveBack);
      this.count(0);
    };
    if (response.closed || socket.destroyed) return giveBack();
    // An answer that waits behind another one on its connection does not hear when that closes.
    response.once('close', giveBack);
    socket.once('close', giveBack);
  }

  /** Whether the answer is so large that it counts. */
  get isLarge(): boolean {
    return this.counted > 0;
  }

  /** The answer holds nothing any more. */
  release(): void {
    this.isOver = true;
    this.count(0);
  }

  private count(bytes: number): void {
    this.memory.change(bytes - this.counted);
    this.counted = bytes;
  }
}
