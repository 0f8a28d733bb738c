import type { IncomingMessage, ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** Responses up to this size, in bytes, are not counted. */
const smallAnswer = 1024 * 1024;

/**
 * Limits the memory of a process's large responses, from when they are read until they are sent. Beyond the limit the next
 * one is refused: a hundred of them would exhaust the memory.
 */
export class ResponseMemoryBudget {
  private held = 0;

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
  }
}

/** The memory that one response holds. */
export class ResponseMemory {
  private read = 0;
  private counted = 0;
  private isOver = false;

  constructor(private readonly memory: ResponseMemoryBudget) {}

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
