import { close, closeSync, fdatasync, fsync, ftruncateSync, open, rmSync, write } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** A file grows by this many bytes of zeros at once: writing over what is there costs a flush half as much. */
const growth = 256 * 1024;
const zeros = Buffer.alloc(growth);
/** Kept free behind the last record, so that on a full disk what is small, a delete above all, can still be written. */
const reserve = 64 * 1024;
const smallRecord = 16 * 1024;
/** A file that has become longer gives its room back when it is begun again. */
const longestKept = 32 * 2 ** 20;

/** A file that records are appended to, each of them on disk before the next one comes. */
export class JournalFile {
  private end = 0;
  private length = 0;
  private broken = false;

  private constructor(
    private readonly path: string,
    private readonly descriptor: number,
  ) {}

  /** Makes an empty file, and its name in the folder, both on disk. */
  static async create(path: string): Promise<JournalFile> {
    const file = new JournalFile(path, await promisify(open)(path, 'w', 0o600));
    const folder = await promisify(open)(dirname(path), 'r');
    await promisify(fsync)(folder).finally(() => promisify(close)(folder));
    return file;
  }

  /** Whether a flush has failed: what the system then still holds for written may never reach the disk. */
  get isBroken(): boolean {
    return this.broken;
  }

  /**
   * Resolves when the record is on disk.
   * @throws the system's error; then nothing of the record is left in the file
   */
  async append(record: Buffer): Promise<void> {
    if (this.broken) throw new Error('an earlier write has failed');
    await this.makeRoom(record.length);
    try {
      await writeWhole(this.descriptor, record, this.end);
    } catch (error) {
      this.cut(this.end);
      throw error;
    }
    try {
      await flush(this.descriptor);
    } catch (error) {
      this.broken = true;
      this.cut(this.end);
      throw error;
    }
    this.end += record.length;
  }

  /** Begins again at the start, over what is there. */
  restart(): void {
    this.end = 0;
    if (this.length > longestKept) this.cut(0);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  remove(): void {
    rmSync(this.path, { force: true });
    this.close();
  }

  /** @throws the system's error where there is none */
  private async makeRoom(length: number): Promise<void> {
    const needed = this.end + length;
    try {
      while (this.length < needed + reserve) {
        await writeWhole(this.descriptor, zeros, this.length);
        this.length += growth;
      }
    } catch (error) {
      this.cut(this.length);
      if (length > smallRecord || needed > this.length) throw error;
    }
  }

  private cut(length: number): void {
    try {
      ftruncateSync(this.descriptor, length);
      this.length = length;
    } catch {
      this.broken = true;
    }
  }
}

async function writeWhole(descriptor: number, bytes: Buffer, position: number): Promise<void> {
  // A full disk may take a part: the next call says why.
  for (let written = 0; written < bytes.length;) {
    written += await writePart(descriptor, bytes.subarray(written), position + written);
  }
}

function writePart(descriptor: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    write(descriptor, bytes, 0, bytes.length, position, (error, written) =>
      error ? reject(error) : resolve(written),
    ),
  );
}

function flush(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) =>
    fdatasync(descriptor, (error) => (error ? reject(error) : resolve())),
  );
}
