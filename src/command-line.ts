/** Wrong usage of the command line; the message lists the valid arguments. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Every argument of the server. `npm start` and `npm run serve` pass on the arguments after `--`. */
const commands = {
  '--check': 'checks the settings, the ports and the database, prints the settings, and starts nothing',
  '--version': 'prints the version',
  '--help': 'prints this text',
} as const;

export type Command = 'serve' | keyof typeof commands;

export const helpText = `The Conversation Session Service. Its settings are environment variables; the README lists them.

  npm start [-- ARGUMENT]        builds and serves
  npm run serve [-- ARGUMENT]    serves the build

${Object.entries(commands)
  .map(([name, meaning]) => `  ${name.padEnd(11)}${meaning}`)
  .join('\n')}
`;

/**
 * The command of the arguments; without any, to serve.
 * @throws UsageError for an unknown argument, or more than one
 */
export function readCommand(args: readonly string[]): Command {
  const known = Object.keys(commands).join(', ');
  const unknown = args.find((arg) => !Object.hasOwn(commands, arg));
  if (unknown !== undefined) throw new UsageError(`There is no argument ${unknown}; there are ${known}.`);
  if (args.length > 1) throw new UsageError(`Give one argument at most, of ${known}.`);
  return (args[0] as Command | undefined) ?? 'serve';
}
