import { parseArgs } from 'node:util';
import { type Scope, scopes } from './caller';
import { KeyFile } from './key-file';

const usage = `npm run key -- create NAME --scopes sessions:read,sessions:write [--expires 2027-01-31]
npm run key -- list
npm run key -- revoke NAME

The file is --file PATH, otherwise API_KEYS_FILE, otherwise ./api-keys.json. Scopes: ${scopes.join(', ')}.`;

/** `npm run key`: creates, lists and revokes API keys. A new key is printed once, alone on standard output. */
function main(parameters: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      scopes: { type: 'string' },
      expires: { type: 'string' },
      file: { type: 'string', default: process.env.API_KEYS_FILE || './api-keys.json' },
      help: { type: 'boolean' },
    },
  });
  const [command, name] = positionals;
  const file = new KeyFile(values.file);
  if (command === 'create' && name !== undefined && values.scopes !== undefined) {
    create(file, name, scopesOf(values.scopes), values.expires);
    process.stderr.write(
      `${values.file} has the key of ${name} as a hash. The key itself is shown only once.\n`,
    );
  } else if (command === 'revoke' && name !== undefined) file.revoke(name);
  else if (command === 'list') list(file);
  else if (values.help) process.stdout.write(`${usage}\n`);
  else throw new Error(usage);
}

function create(file: KeyFile, name: string, allowed: Scope[], expires: string | undefined): void {
  const key = file.create({ name, scopes: allowed, expires: expires && timeOf(expires) });
  process.stdout.write(`${key}\n`);
}

function list(file: KeyFile): void {
  for (const { name, scopes: allowed, expires } of file.list())
    process.stdout.write(`${name}\t${allowed.join(',')}\t${expires ?? 'never expires'}\n`);
}

function scopesOf(text: string): Scope[] {
  const known: readonly string[] = scopes;
  const named = text.split(',').map((scope) => scope.trim());
  const unknown = named.filter((scope) => !known.includes(scope));
  if (unknown.length > 0)
    throw new Error(`--scopes takes one or more of ${scopes.join(', ')}, not ${unknown.join(', ')}`);
  return [...new Set(named)] as Scope[];
}

function timeOf(text: string): string {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time))
    throw new Error('--expires takes a date or a time, such as 2027-01-31 or 2027-01-31T12:00:00Z');
  if (time <= Date.now()) throw new Error('--expires must be in the future');
  return new Date(time).toISOString();
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
