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
      const document = this.held ?? this.pull();
      if (document === undefined) break;
      if (document === null) {
        await breather.rest();
        continue;
      }
      bytes += document.length;
      this.held = documents.length > 0 && bytes > MAX_DOCUMENT_BYTES ? document : null;
      if (this.held) break;
      documents.push(document);
    }
    return documents;
  }

  /** The next document, null for a pause, undefined at the end. */
  private pull(): Uint8Array | null | undefined {
    const { done, value } = this.stream.next();
    if (!done) return value;
    this.ended = true;
    return undefined;
  }
}
