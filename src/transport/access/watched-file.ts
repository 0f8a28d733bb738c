import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Log } from '../../log';

/** How often the file is checked. Polling, unlike file system events, also works if a mount is replaced. */
const intervalMs = 1_000;

/** @throws Error with one line that names the setting and the problem with its file */
export function readSettingFile<T>(variable: string, path: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new Error(`${variable}=${JSON.stringify(path)} cannot be used: ${reason}`, { cause: error });
  }
}

/** A file that is reloaded when it changes. If it is then invalid, the last valid state stays. */
export class WatchedFile<T> {
  private current: T;
  private readonly look = (): void => this.reload();

  /** @throws Error as `readSettingFile`, if the file cannot be used now */
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
    this.log.info({ path: this.path }, `${this.variable} was reloaded`);
  }
}
