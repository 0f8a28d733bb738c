import { copyBytes } from './copy-bytes';

/** A document put together from fields of others, copied as they are. */
export class DocumentPieces {
  private readonly sources: Uint8Array[] = [];
  /** Where the pieces begin and end in their sources, by turns. */
  private readonly cuts: number[] = [];
  private size = 5;

  /** Adds the fields that stand between two places of `source`. Neighbours become one piece. */
  add(source: Uint8Array, start: number, end: number): void {
    this.size += end - start;
    const last = this.sources.length - 1;
    if (last >= 0 && this.cuts[2 * last + 1] === start && this.sources[last] === source) {
      this.cuts[2 * last + 1] = end;
      return;
    }
    this.sources.push(source);
    this.cuts.push(start, end);
  }

  toDocument(): Buffer {
    const document = Buffer.allocUnsafe(this.size);
    let at = document.writeInt32LE(this.size);
    for (let i = 0; i < this.sources.length; i++) {
      at = copyBytes(document, at, this.sources[i]!, this.cuts[2 * i]!, this.cuts[2 * i + 1]!);
    }
    document[at] = 0;
    return document;
  }
}
