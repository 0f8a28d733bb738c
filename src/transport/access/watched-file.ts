import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Log } from '../../log';

/** How often the file is looked at. Looking, unlike the system's own events, also works where a mount is replaced. */
const intervalMs = 1_000;

/** @throws Error with one line that names the setting and what is wrong with its file */
export function readSettingFile<T>(variable: string, path: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new Error(`${variable}=${JSON.stringify(path)} cannot be used: ${reason}`, { cause: error });
  }
}

/** A file that is read again when it changes. One that is broken then changes nothing: the last good state stays. */
export class WatchedFile<T> {
  private current: T;
  private readonly look = (): void => this.reload();

  /** @throws Error as `readSettingFile` does, where the file cannot be used now */
  constructor(
    private readonly variable: string,
    private readonly path: string,
    private readonly parse: (text: string) => T,
    private readonly changed: () => void,
    private readonly log: Log,
  ) {
    this.current = readSettingFile(variable, path, parse);
    watchFile(path, { interval: intervalMs, persistent: false }, this.look);
  }

  get value(): T {
    return this.current;
  }

  close(): void {
    unwatchFile(this.path, this.look);
  }

  private reload(): void {
    try {
      this.current = readSettingFile(this.variable, this.path, this.parse);
    } catch (error) {
      this.log.error(
        { reason: (error as Error).message },
        'the last good state of a broken file stays in use',
      );
      return;
    }
    this.changed();
    this.log.info({ path: this.path }, `${this.variable} was read again`);
  }
}
