import { MAX_MESSAGE_BYTES } from '../commands/request';
import { ProtocolError } from './protocol-error';

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
