import { MAX_DOCUMENT_BYTES } from '../commands/limits';
import { Breather } from './breather';

/** Encoded documents, with null in between where the thread may be given away. */
export type DocumentStream = Iterator<Uint8Array | null, void, undefined>;

/** Cuts a stream of documents into batches that fit into a reply. */
export class Batches {
  private held: Uint8Array | null = null;
  private ended = false;

  constructor(private readonly stream: DocumentStream) {}

  /** Whether a document of the stream waits for the next batch. */
  get isHolding(): boolean {
    return this.held !== null;
  }

  /** Whether the stream is known to have given all it has. */
  get isExhausted(): boolean {
    return this.ended && !this.held;
  }

  /** At most `size` further documents, and at most 16 MiB of them, but at least one where there is one. */
  async next(size: number): Promise<Uint8Array[]> {
    const documents: Uint8Array[] = [];
    const breather = new Breather();
    let bytes = 0;
    while (documents.length < size) {
      const document = this.held ?? (await this.pull(breather));
      if (!document) break;
      this.held = document;
      bytes += document.length;
      if (documents.length > 0 && bytes > MAX_DOCUMENT_BYTES) break;
      this.held = null;
      documents.push(document);
    }
    return documents;
  }

  private async pull(breather: Breather): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = this.stream.next();
      if (done) this.ended = true;
      if (done || value) return value ?? null;
      await breather.rest();
    }
  }
}
