import type { ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** From this size on, in bytes, the text of an answer counts: there is room for any number of smaller ones. */
export const largeText = 1024 * 1024;

/**
 * What the large answers of a process hold in memory, from when they are read until they are sent. Beyond the limit the
 * next one is refused instead of read: a hundred of them would be more than a process may have.
 */
export class AnswerMemory {
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** The part of one answer. */
  share(): AnswerShare {
    return new AnswerShare(this);
  }

  /** `taken` of what is held belongs to whoever asks for `bytes` more; one that is alone may have all it needs. */
  take(bytes: number, taken: number): void {
    if (this.held > taken && this.held + bytes > this.maxBytes)
      throw serviceUnavailable('Too many large answers are being sent. Ask for less, or try again.');
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}

/** What one answer holds. */
export class AnswerShare {
  private taken = 0;

  constructor(private readonly memory: AnswerMemory) {}

  /** @throws SERVICE_UNAVAILABLE where there is no room for so many bytes more */
  take(bytes: number): void {
    this.memory.take(bytes, this.taken);
    this.taken += bytes;
  }

  /** Gives all of it back when `response` has been sent, or its client has gone away. */
  giveBackAfter(response: ServerResponse): void {
    if (this.taken === 0) return;
    const giveBack = (): void => {
      this.memory.give(this.taken);
      this.taken = 0;
    };
    if (response.closed) giveBack();
    else response.once('close', giveBack);
  }
}
