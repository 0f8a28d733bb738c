import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of this build. */
export interface BuildInfo {
  readonly version: string;
  /** The commit of the build; null if unknown. */
  readonly commit: string | null;
}

/** The folder of the build: this file is in its `src`. */
const built = join(__dirname, '..');
/** Written by the build, next to the code. */
export const buildInfoFile = join(built, 'build-info.json');

/** This program's version from package.json, and its commit as recorded by the build. */
export const buildInfo: BuildInfo = {
  version: (JSON.parse(readFileSync(join(built, '../package.json'), 'utf8')) as { version: string }).version,
  commit: recordedCommit(),
};

/** `0.1.0` or `0.1.0 (1a2b3c4)`. */
export function describeBuild({ version, commit }: BuildInfo): string {
  return commit === null ? version : `${version} (${commit})`;
}

function recordedCommit(): string | null {
  try {
    return (JSON.parse(readFileSync(buildInfoFile, 'utf8')) as Pick<BuildInfo, 'commit'>).commit;
  } catch {
    // Compiled by other means than `npm run build`.
    return null;
  }
}
