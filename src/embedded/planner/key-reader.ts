import { endOfKeyComponent } from '../language/key-split';

/** Reads the components of one index key after another, only as far as it is asked for, and copies nothing. */
export class KeyReader {
  private readonly ends: number[] = [0];
  private known = 0;
  private key: Uint8Array = new Uint8Array();

  read(key: Uint8Array): void {
    this.key = key;
    this.known = 0;
  }

  /** Compares the component at `position` with a whole other one: negative, 0 or positive. */
  compare(position: number, other: Uint8Array): number {
    while (this.known <= position) {
      this.ends[this.known + 1] = endOfKeyComponent(this.key, this.ends[this.known]!);
      this.known++;
    }
    const start = this.ends[position]!;
    const length = this.ends[position + 1]! - start;
    const shared = Math.min(length, other.length);
    for (let i = 0; i < shared; i++) {
      const order = this.key[start + i]! - other[i]!;
      if (order !== 0) return order;
    }
    return length - other.length;
  }
}
