import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** What a program has printed, and how it ended. */
export interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built program of this project, such as `src/main.js`, with nothing but these settings, to its end. */
export function runToEnd(
  program: string,
  args: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...settings };
  const path = join(__dirname, '../..', program);
  return new Promise((resolve) => {
    execFile(process.execPath, [path, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
