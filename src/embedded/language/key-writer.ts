/** Bytes of one index key in the making: one buffer, used again for each key and copied once at its end. */
export class KeyWriter {
  private bytes = Buffer.allocUnsafe(1024);
  private length = 0;

  reset(): void {
    this.length = 0;
  }

  /** What was written, as a copy; with every bit turned over when it is to sort the other way round. */
  finish(direction: 1 | -1): Uint8Array {
    const key = new Uint8Array(this.length);
    const flip = direction === 1 ? 0 : 0xff;
    for (let i = 0; i < key.length; i++) key[i] = this.bytes[i]! ^ flip;
    return key;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value >>> 0, this.length);
  }

  /** Eight bytes that sort as the numbers do; NaN first, and no difference between the zeros. */
  double(value: number): void {
    this.reserve(8);
    const at = this.length;
    this.length += 8;
    if (Number.isNaN(value)) return void this.bytes.fill(0, at, this.length);
    this.bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    if (value >= 0) this.bytes[at]! |= 0x80;
    else for (let i = at; i < at + 8; i++) this.bytes[i]! ^= 0xff;
  }

  /**
   * UTF-8 with an end mark of 0, so that no text is the beginning of another's key. The bytes 0 and 1 inside become
   * 1 1 and 1 2, which keeps the order.
   */
  text(value: string): void {
    if (this.asciiText(value)) return;
    const utf8 = Buffer.from(value);
    this.reserve(2 * utf8.length + 1);
    for (const byte of utf8) {
      if (byte <= 1) this.bytes[this.length++] = 1;
      this.bytes[this.length++] = byte <= 1 ? byte + 1 : byte;
    }
    this.bytes[this.length++] = 0;
  }

  /** Nearly every key: no encoder, no second buffer. */
  private asciiText(value: string): boolean {
    this.reserve(value.length + 1);
    let at = this.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit <= 1 || unit > 127) return false;
      this.bytes[at++] = unit;
    }
    this.bytes[at++] = 0;
    this.length = at;
    return true;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
