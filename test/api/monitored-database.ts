import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { graphql } from 'graphql';
import type { mongo } from 'mongoose';
import { readConfig } from '../../src/config';
import { openDatabase } from '../../src/database/database';
import { startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { buildGraphQLSchema } from '../../src/schema/build-schema';
import { createRequestContext } from '../../src/schema/request-context';
import { createServices } from '../../src/service/create-services';
import { CapturedLog } from '../support/captured-log';

/** A command as the driver sent it. */
export type Command = Readonly<Record<string, unknown>>;

const schema = buildGraphQLSchema();
const left = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'txnNumber',
  'maxTimeMS',
  'readConcern',
]);

/** The API on a database of its own, without a server around it, where the driver tells of every command it sends. */
export async function openMonitored(settings: Readonly<Record<string, string>> = {}) {
  const { uri, remove } = await server();
  const config = readConfig({
    ...settings,
    MONGODB_URI: withMonitoring(uri),
    MONGODB_DATABASE: `test_${randomUUID()}`,
  });
  const log = new CapturedLog();
  const database = await openDatabase(config, log);
  const services = await createServices(database, config, log);
  const { connection } = database;
  let sent: Command[] = [];
  const client = connection.getClient();
  const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
  const hasUnions = versionArray[0] * 100 + versionArray[1] >= 404;
  const hello = await client
    .db('admin')
    .command({ hello: 1 })
    .catch(() => ({ msg: undefined }));
  const onCommand = (heard: (command: Command) => void) =>
    client.on('commandStarted', ({ command }: mongo.CommandStartedEvent) => {
      if (!isHeartbeat(command)) heard(command);
    });
  onCommand((command) => sent.push(command));
  return {
    client,
    connection,
    db: connection.db!,
    services,
    log,
    /** Many pages are one command from MongoDB 4.4 on. */
    hasUnions,
    /** So are a session and its page, unless that could take a hop more. */
    isOneCommand: hasUnions && hello.msg !== 'isdbgrid',
    /** Calls back with every command from now on. */
    onCommand,
    /** Runs an operation; resolves to its data and the commands that it cost. */
    async run(source: string, variableValues: Record<string, unknown> = {}, signal?: () => AbortSignal) {
      sent = [];
      const scope = signal && {
        deadline: Infinity,
        signal,
        reading: <T>(read: () => Promise<T>) => read(),
        takeMemory: () => undefined,
      };
      const contextValue = createRequestContext(services, scope);
      const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
      if (errors) throw errors[0]!.originalError ?? errors[0]!;
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests know what they asked for
      return { data: data as any, commands: sent };
    },
    /** How the database carries out a command, as `explain` tells it. */
    explain(command: Command) {
      const explained = Object.fromEntries(Object.entries(command).filter(([name]) => !left.has(name)));
      return connection.db!.command({ explain: explained, verbosity: 'executionStats' });
    },
    async close() {
      await services.close();
      await connection.dropDatabase();
      await database.close();
      await remove();
    },
  };
}

export type Monitored = Awaited<ReturnType<typeof openMonitored>>;

/** What a process says of itself to other processes, once a second, whatever the operation. */
function isHeartbeat(command: Command): boolean {
  return ['find', 'update', 'delete'].some((name) => command[name] === 'processes');
}

async function server() {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given, remove: () => Promise.resolve() };
  const path = await mkdtemp(join(tmpdir(), 'conversations-'));
  const engine = await startEmbeddedMongo({ path });
  return {
    uri: engine.uri,
    async remove() {
      await engine.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Not by way of URL, which knows no list of hosts. */
function withMonitoring(uri: string): string {
  const [place, options] = uri.split('?');
  const slash = /\/\/.*\//.test(place!) ? '' : '/';
  return `${place}${slash}?${options ? `${options}&` : ''}monitorCommands=true`;
}
