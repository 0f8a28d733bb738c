import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { holderOf } from './data-folder-lock';

/**
 * Why an engine could not start on this data folder, in one line: it cannot be written or made, or another process has
 * it; null where it could. Changes nothing, so that it can be asked while an engine runs.
 */
export function findDataFolderProblem(dataFolder: string): string | null {
  const folder = resolve(dataFolder);
  const holder = holderOf(folder);
  if (holder !== null) return `the data folder ${folder} is in use by the process with id ${holder}`;
  return findWriteProblem(folder, folder);
}

function findWriteProblem(path: string, folder: string): string | null {
  const found = statOf(path);
  if (!found) {
    const parent = dirname(path);
    return parent === path ? null : findWriteProblem(parent, folder);
  }
  if (!found.isDirectory()) return `the data folder ${folder} cannot be made: ${path} is a file`;
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `the data folder ${folder} cannot be ${path === folder ? 'written' : 'made'}: ${code}`;
  }
}

/** Undefined where there is nothing, also because something above it is a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
