import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { ClientCursor } from './client-cursor';

/** As MongoDB: a cursor that nobody asks for so long is closed. */
const IDLE_MILLISECONDS = 10 * 60 * 1000;
/** Beyond so many, those that were idle longest are closed: each keeps a snapshot. */
const MAX_CURSORS = 1000;

/** The cursors that clients may ask for more. */
export class OpenCursors {
  /** Least recently used first. */
  private readonly cursors = new Map<string, ClientCursor>();

  get size(): number {
    return this.cursors.size;
  }

  /** Keeps the cursor; answers the id that clients ask for it by. */
  add(cursor: ClientCursor): Long {
    const id = Long.fromBits(randomBytes(4).readInt32LE() | 1, randomBytes(4).readInt32LE() & 0x7fffffff);
    this.cursors.set(id.toString(), cursor);
    this.closeIdle();
    return id;
  }

  get(id: Long): ClientCursor | undefined {
    return this.cursors.get(id.toString());
  }

  /** As `get`, for a cursor that is about to be read: it counts as used now. */
  use(id: Long): ClientCursor | undefined {
    const cursor = this.get(id);
    if (!cursor) return undefined;
    this.cursors.delete(id.toString());
    this.cursors.set(id.toString(), cursor);
    return cursor;
  }

  /** Closes the cursor; false where there is none. */
  kill(id: Long): boolean {
    this.get(id)?.close();
    return this.cursors.delete(id.toString());
  }

  /** @param atLeast so many, however lately they were used */
  closeIdle(atLeast = 0): void {
    const longAgo = performance.now() - IDLE_MILLISECONDS;
    let left = Math.max(atLeast, this.cursors.size - MAX_CURSORS);
    for (const [id, cursor] of this.cursors) {
      if (left-- <= 0 && cursor.lastUse > longAgo) return;
      cursor.close();
      this.cursors.delete(id);
    }
  }

  closeAll(): void {
    this.closeIdle(Infinity);
  }
}
