import { buildInfo, describeBuild } from './build-info';
import { ConfigError, type Environment, type ReadSettings, readSettings, settingsInUse } from './config';
import { describeDatabase } from './database/database';
import { findMachineProblems } from './preflight';

/**
 * Checks settings, addresses, and the data folder or database, and starts nothing. Prints the settings, without secrets.
 * @throws ConfigError with everything that would keep the server from starting
 */
export async function checkOnly(env: Environment = process.env): Promise<void> {
  const read = readSettings(env);
  const problems = [...read.problems, ...(await findMachineProblems(read))];
  const database = await tryDatabase(read).catch((error: Error) => {
    problems.push(error.message);
    return 'cannot be used';
  });
  const lines = settingsInUse(read, env).map(
    ({ variable, value, source }) => `  ${variable}=${value}${source === 'default' ? '' : `  (${source})`}`,
  );
  const build = `Version ${describeBuild(buildInfo)}, Node.js ${process.version}`;
  process.stdout.write(`${[build, `Database: ${database}`, 'Settings:', ...lines].join('\n')}\n`);
  if (problems.length > 0) throw new ConfigError(problems);
  process.stdout.write('The server can start with these settings.\n');
}

async function tryDatabase({ config, refused }: ReadSettings): Promise<string> {
  return refused.has('MONGODB_URI') ? 'unknown' : describeDatabase(config);
}
