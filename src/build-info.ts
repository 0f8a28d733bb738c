import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What runs. */
export interface BuildInfo {
  readonly version: string;
  /** The commit that it was built from; null if the build did not know it. */
  readonly commit: string | null;
}

/** The folder that the build writes to: this file is in its `src`. */
const built = join(__dirname, '..');
/** Written by the build, beside the code. */
export const buildInfoFile = join(built, 'build-info.json');

/** Of this program: its version from package.json, its commit as the build has recorded it. */
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
