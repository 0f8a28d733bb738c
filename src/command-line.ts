/** What a person did wrong on the command line; the message says what there is instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Every argument that the server takes. `npm start` and `npm run serve` pass on what stands behind `--`. */
const commands = {
  '--check': 'only checks the settings, the ports and the database, and says what would be used',
  '--version': 'says which version this is',
  '--help': 'this text',
} as const;

export type Command = 'serve' | keyof typeof commands;

export const helpText = `The Conversation Session Service. Its settings are environment variables; the README lists them.

  npm start [-- ARGUMENT]        builds and serves
  npm run serve [-- ARGUMENT]    serves what was built

${Object.entries(commands)
  .map(([name, meaning]) => `  ${name.padEnd(11)}${meaning}`)
  .join('\n')}
`;

/**
 * What the arguments ask for; without any, to serve.
 * @throws UsageError for an argument that there is not, or for more than one
 */
export function readCommand(args: readonly string[]): Command {
  const known = Object.keys(commands).join(', ');
  const unknown = args.find((arg) => !Object.hasOwn(commands, arg));
  if (unknown !== undefined) throw new UsageError(`There is no argument ${unknown}; there are ${known}.`);
  if (args.length > 1) throw new UsageError(`Give one argument at most, of ${known}.`);
  return (args[0] as Command | undefined) ?? 'serve';
}
