import { parseArgs } from 'node:util';
import { EmbeddedMongoStartError, startEmbeddedMongo } from './start-embedded-mongo';

const HELP = `The embedded database by itself, for mongosh, Compass or any MongoDB client on this machine.

  npm run database -- [--port 27018] [--data-dir ./data] [--database conversations]

  --port      port of 127.0.0.1 to listen on; 0 takes a free one (27018)
  --data-dir  folder of the data; made where it is missing (./data)
  --database  the name that the address is printed with (conversations); clients may use any
  --help      this text
`;

/** What a person did wrong; the message says it in one line. */
class UsageError extends Error {}

function readOptions() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '27018' },
        'data-dir': { type: 'string', default: './data' },
        database: { type: 'string', default: 'conversations' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; --help shows what there is`);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port takes a number from 0 to 65535, not "${text}"`);
}

async function main(): Promise<void> {
  const { port: portText, 'data-dir': path, database, help } = readOptions();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const port = readPort(portText);
  const mongo = await startEmbeddedMongo({ path, port, log: writeLog, onFailure: fail });
  const stop = async () => {
    process.stdout.write('Stopping …\n');
    await mongo.close();
    process.stdout.write('Stopped. Everything that was answered is on disk.\n');
  };
  // Before anyone can know that it runs, and so stop it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  process.stdout.write(
    `The embedded database listens on this machine only. It speaks MongoDB's protocol over the data in ${path}.\n` +
      `  ${mongo.uri.replace('/?', `/${database}?`)}\n` +
      'Give this to mongosh, Compass or MONGODB_URI. Ctrl+C stops it.\n',
  );
}

function writeLog(level: 'error', message: string, detail?: string): void {
  process.stderr.write(`${level}: ${message}${detail ? `\n${detail}` : ''}\n`);
}

function fail(error: unknown): void {
  const isExpected = error instanceof UsageError || error instanceof EmbeddedMongoStartError;
  process.stderr.write(`${isExpected ? error.message : `the database failed: ${String(error)}`}\n`);
  process.exitCode = 1;
}

main().catch(fail);
