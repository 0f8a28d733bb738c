import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import type { Engine } from '../engine';
import { ClientCursor } from './client-cursor';

/** As MongoDB: a cursor that nobody asks for so long is closed. */
const IDLE_MILLISECONDS = 10 * 60 * 1000;
/** Beyond so many, those that were idle longest are closed. */
const MAX_CURSORS = 10_000;

/** The cursors that clients may ask for more. */
export class OpenCursors {
  /** Least recently used first. */
  private readonly cursors = new Map<string, ClientCursor>();

  /** Keeps the cursor; answers the id that clients ask for it by. */
  add(cursor: ClientCursor): Long {
    this.closeIdle();
    const id = Long.fromBits(randomBytes(4).readInt32LE() | 1, randomBytes(4).readInt32LE() & 0x7fffffff);
    this.cursors.set(id.toString(), cursor);
    return id;
  }

  get(id: Long): ClientCursor | undefined {
    return this.cursors.get(id.toString());
  }

  /** As `get`, for a cursor that is about to be read: it counts as used now. */
  use(id: Long): ClientCursor | undefined {
    this.closeIdle();
    const cursor = this.get(id);
    if (!cursor) return undefined;
    this.cursors.delete(id.toString());
    cursor.lastUse = performance.now();
    this.cursors.set(id.toString(), cursor);
    return cursor;
  }

  /** Closes the cursor; false where there is none. */
  kill(id: Long): boolean {
    this.cursors.get(id.toString())?.close();
    return this.cursors.delete(id.toString());
  }

  private closeIdle(): void {
    const longAgo = performance.now() - IDLE_MILLISECONDS;
    for (const [id, cursor] of this.cursors) {
      if (this.cursors.size <= MAX_CURSORS && cursor.lastUse > longAgo) return;
      cursor.close();
      this.cursors.delete(id);
    }
  }
}

const byEngine = new WeakMap<Engine, OpenCursors>();

/** The open cursors of one engine. */
export function cursorsOf(engine: Engine): OpenCursors {
  let cursors = byEngine.get(engine);
  if (!cursors) byEngine.set(engine, (cursors = new OpenCursors()));
  return cursors;
}
