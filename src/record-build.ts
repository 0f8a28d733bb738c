import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { buildInfoFile } from './build-info';

/** BUILD_COMMIT if it is set (a container is built without the repository), otherwise git's HEAD. */
function commit(): string | null {
  if (process.env.BUILD_COMMIT) return process.env.BUILD_COMMIT;
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: __dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

writeFileSync(buildInfoFile, `${JSON.stringify({ commit: commit() })}\n`);
