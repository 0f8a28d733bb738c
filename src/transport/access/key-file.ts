import {
  constants,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type ApiKeyEntry, digestOf, isKeyName, keyNameRule, newApiKey, parseApiKeys } from './api-keys';

/** Edits a file of API keys, for `npm run key`. The server only reads it. */
export class KeyFile {
  constructor(private readonly path: string) {}

  list(): ApiKeyEntry[] {
    if (!existsSync(this.path)) return [];
    const text = readFileSync(this.path, 'utf8');
    parseApiKeys(text);
    return (JSON.parse(text) as { keys: ApiKeyEntry[] }).keys;
  }

  /**
   * Adds a new key and returns it, which is not possible again later.
   * @throws Error if the name is taken, or the file or entry is invalid
   */
  create({ name, scopes, expires }: Omit<ApiKeyEntry, 'sha256'>): string {
    if (!isKeyName(name)) throw new Error(`the name must be ${keyNameRule}`);
    const key = newApiKey();
    this.edit((keys) => {
      if (keys.some((entry) => entry.name === name)) throw new Error(`there is already a key named ${name}`);
      return [...keys, { name, sha256: digestOf(key), scopes, ...(expires !== undefined && { expires }) }];
    });
    return key;
  }

  /** @throws Error if there is no key of this name */
  revoke(name: string): void {
    this.edit((keys) => {
      const left = keys.filter((entry) => entry.name !== name);
      if (left.length === keys.length) throw new Error(`there is no key named ${name}`);
      return left;
    });
  }

  /** Replaces the file in one step, so that a server never reads half of it. */
  private edit(change: (keys: ApiKeyEntry[]) => ApiKeyEntry[]): void {
    const draft = `${this.path}.new`;
    const file = this.startDraft(draft);
    try {
      const text = `${JSON.stringify({ keys: change(this.list()) }, null, 2)}\n`;
      parseApiKeys(text);
      writeSync(file, text);
      renameSync(draft, this.path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Creates the draft. Only one process can, which keeps a second one from editing meanwhile. */
  private startDraft(draft: string): number {
    try {
      return openSync(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new Error(`${draft} exists: another process is editing the file. Delete it if none is.`, {
        cause: error,
      });
    }
  }
}
