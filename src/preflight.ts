import { createServer } from 'node:net';
import { type Config, ConfigError, type Environment, type ReadSettings, readSettings } from './config';
import { findDataFolderProblem } from './database/database';
import { findAccessFileProblems } from './transport/access/access-files';

/** An address that a setting asks to listen on. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** The setting that names the port. */
  readonly variable: string;
}

/**
 * The settings of `env`, once this machine has nothing against them.
 * @throws ConfigError with everything that keeps the server from starting, as far as it can be told before it starts
 */
export async function readUsableConfig(env: Environment): Promise<Config> {
  const read = readSettings(env);
  const problems = [...read.problems, ...(await findMachineProblems(read))];
  if (problems.length > 0) throw new ConfigError(problems);
  return read.config;
}

/**
 * What this machine says against the settings: an address that cannot be listened on, a file that cannot be used, a data
 * folder that cannot be written. One line each. Settings that are refused already are not looked at. Nothing stays open or behind.
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
      return `HOST=${host} ${variable}=${port}: another program listens there already; ${variable}=0 takes a free port.`;
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
