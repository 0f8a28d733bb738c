import { parseArgs } from 'node:util';
import { ConfigError, readSettings } from '../config';
import { openDatabase } from '../database/database';
import { createLog } from '../transport/create-log';
import { attachStore } from '../store/store';
import type { AdminCommand } from './admin-command';
import { indexes } from './indexes';
import { shard } from './shard';
import { verify } from './verify';

const commands: Readonly<Record<string, AdminCommand>> = { indexes, shard, verify };

/** `npm run admin -- COMMAND [OPTIONS]`: maintains the database that the settings name. */
async function main(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--help') {
    process.stdout.write(helpText());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name]! : undefined;
  if (!command)
    throw new Error(`There is no command ${name}; there are ${Object.keys(commands).join(', ')}.`);
  const { values } = parseArgs({ args: rest, options: command.options, strict: true });
  return runOnDatabase(command, values);
}

async function runOnDatabase(command: AdminCommand, options: Parameters<AdminCommand['run']>[1]) {
  const { config, problems } = readSettings(process.env);
  if (problems.length > 0) throw new ConfigError(problems);
  // Log lines would interrupt the report; errors are thrown.
  const log = createLog({ ...config, logLevel: 'error' });
  const database = await openDatabase(config, log);
  try {
    process.stdout.write(`Database: ${database.description}\n\n`);
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    return await command.run({ store: await attachStore(database.connection), print }, options);
  } finally {
    await database.close();
  }
}

function helpText(): string {
  const lines = Object.entries(commands).flatMap(([name, { summary, optionHelp }]) => [
    `  ${name.padEnd(18)}${summary}`,
    ...Object.entries(optionHelp).map(([option, meaning]) => `    ${option.padEnd(16)}${meaning}`),
  ]);
  return `Maintains the database of the Conversation Session Service that the settings name.

  npm run admin -- COMMAND [OPTIONS]

${lines.join('\n')}
`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  },
);
