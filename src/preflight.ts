import { createServer } from 'node:net';
import { type Config, ConfigError, type Environment, type ReadSettings, readSettings } from './config';
import { findDataFolderProblem } from './database/database';
import { findAccessFileProblems } from './transport/access/access-files';

/** An address to listen on. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** The setting that names the port. */
  readonly variable: string;
}

/**
 * Reads the settings of `env` and checks them against this machine.
 * @throws ConfigError with everything that would keep the server from starting, as far as it is known before
 */
export async function readUsableConfig(env: Environment): Promise<Config> {
  const read = readSettings(env);
  const problems = [...read.problems, ...(await findMachineProblems(read))];
  if (problems.length > 0) throw new ConfigError(problems);
  return read.config;
}

/**
 * The problems of the settings on this machine, one line each: an address that cannot be listened on, a file that cannot be
 * used, a data folder that cannot be written. Skips settings that are already refused. Leaves nothing open or behind.
 */
export async function findMachineProblems({ config, refused }: ReadSettings): Promise<string[]> {
  const addresses = addressesOf(config).filter(
    ({ variable }) => !refused.has('HOST') && !refused.has(variable),
  );
  const problems = await Promise.all(addresses.map((address) => findAddressProblem(address)));
  problems.push(...findAccessFileProblems(config));
  if (config.mongodbUri === null && !refused.has('MONGODB_URI'))
    problems.push(findDataFolderProblem(config.dataDir));
  return problems.filter((problem) => problem !== null);
}

function addressesOf({ host, port, metricsPort }: Config): Address[] {
  const main = { host, port, variable: 'PORT' };
  return metricsPort === null ? [main] : [main, { host, port: metricsPort, variable: 'METRICS_PORT' }];
}

function findAddressProblem(address: Address): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(explainAddress(error, address)));
    probe.listen(address.port, address.host, () => probe.close(() => resolve(null)));
  });
}

function explainAddress(error: NodeJS.ErrnoException, { host, port, variable }: Address): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `HOST=${host} ${variable}=${port}: another program already listens there; ${variable}=0 takes a free port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST=${host}: this machine has no such address.`;
    case 'EACCES':
      return `${variable}=${port}: this user may not listen there.`;
    default:
      return `HOST=${host} ${variable}=${port}: ${error.message}`;
  }
}
