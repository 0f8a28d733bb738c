import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const LOCK_FILE = 'engine.lock';

/** Which process holds a folder. The start time tells it from a later process with the same id. */
interface Holder {
  readonly pid: number;
  readonly startTime: string;
  /** Sets apart two locks of one process. */
  readonly token: string;
}

/**
 * Makes the folder (for this user only) and takes it for this process; returns what gives it back. The lock of a
 * process that died without giving it back is taken over.
 * @throws Error that names the process which has the folder; the system's error when it cannot be made or written
 */
export function lockDataFolder(folder: string): () => void {
  makeFolder(folder);
  const lockFile = join(folder, LOCK_FILE);
  const self: Holder = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', token: randomUUID() };
  const draft = `${lockFile}.${self.token}`;
  fs.writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    // Linking the finished file is atomic: nobody ever reads half a lock, and only one can link.
    while (failed('EEXIST', () => fs.linkSync(draft, lockFile))) removeStale(lockFile, folder);
  } finally {
    fs.unlinkSync(draft);
  }
  return () => {
    if (readHolder(lockFile)?.token === self.token) fs.unlinkSync(lockFile);
  };
}

/**
 * Why an engine could not start on this data folder, in one line: it cannot be written or made, or another process has
 * it; null where it could. Changes nothing, so that it can be asked while an engine runs.
 */
export function findDataFolderProblem(dataFolder: string): string | null {
  const folder = resolve(dataFolder);
  let path = folder;
  while (!fs.existsSync(path) && path !== dirname(path)) path = dirname(path);
  try {
    if (!fs.statSync(path).isDirectory())
      return `the data folder ${folder} cannot be made: ${path} is a file`;
    const holder = readHolder(join(folder, LOCK_FILE));
    if (holder && isAlive(holder)) return inUse(folder, holder);
    fs.accessSync(path, fs.constants.W_OK | fs.constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `the data folder ${folder} cannot be ${path === folder ? 'written' : 'made'}: ${code}`;
  }
}

function inUse(folder: string, { pid }: Holder): string {
  return `the data folder ${folder} is in use by the process with id ${pid}: stop it, or use another folder`;
}

/** With its parents. Not `recursive`: where the system refuses with ENOENT, as in /proc, Node.js would try for ever. */
function makeFolder(folder: string): void {
  if (!fs.existsSync(dirname(folder))) makeFolder(dirname(folder));
  const isTaken = failed('EEXIST', () => fs.mkdirSync(folder, { mode: 0o700 }));
  // With the system's error for a file in its place.
  if (isTaken) fs.opendirSync(folder).closeSync();
}

function removeStale(lockFile: string, folder: string): void {
  const holder = readHolder(lockFile);
  if (!holder) return;
  if (isAlive(holder)) throw new Error(inUse(folder, holder));
  // Moved aside first and looked at again: another process may have taken the stale lock over since it was read.
  const aside = `${lockFile}.${randomUUID()}`;
  if (failed('ENOENT', () => fs.renameSync(lockFile, aside))) return;
  if (readHolder(aside)?.token !== holder.token) failed('EEXIST', () => fs.linkSync(aside, lockFile));
  fs.unlinkSync(aside);
}

/** Null when there is no lock. A file that is not ours to read counts as the lock of a process that is gone. */
function readHolder(lockFile: string): Holder | null {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return { pid: 0, startTime: '', token: '' };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive({ pid, startTime }: Holder): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const known = startTimeOf(pid);
  return known === null || known === startTime;
}

/** When a process started, in the system's own words; null when it cannot be told. */
function startTimeOf(pid: number): string | null {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted behind the command's name, which may itself hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Whether the system refuses it with this code. @throws the system's error for any other one */
function failed(code: string, step: () => void): boolean {
  try {
    step();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return true;
    throw error;
  }
}
