/** How a value of the environment becomes a setting; `read` throws the rule in words where the value breaks it. */
interface Setting<T> {
  readonly variable: string;
  readonly fallback: T;
  /** One line for the README's table. */
  readonly meaning: string;
  readonly read: (value: string) => T;
}

const readPreferences = [
  'primary',
  'primaryPreferred',
  'secondary',
  'secondaryPreferred',
  'nearest',
] as const;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const executions = ['auto', 'compiled', 'plain'] as const;
const logFormats = ['auto', 'json', 'pretty'] as const;

const MiB = 1024 * 1024;

/** Every setting: its variable, its default and what it means. */
export const settings = {
  host: text('HOST', '127.0.0.1', 'The address to listen on; 0.0.0.0 for every one.'),
  port: integer('PORT', 4000, 0, 65_535, 'The port to listen on; 0 takes a free one.'),
  dataDir: text('DATA_DIR', './data', 'The folder of the embedded engine, where there is no MONGODB_URI.'),
  mongodbUri: optional(
    'MONGODB_URI',
    mongodbUri,
    'A MongoDB replica set or sharded cluster to use instead of the embedded engine.',
  ),
  mongodbDatabase: optional(
    'MONGODB_DATABASE',
    databaseName,
    'The database; otherwise the one in MONGODB_URI, or "conversations".',
  ),
  readPreference: choice(
    'READ_PREFERENCE',
    readPreferences,
    'primary',
    'Where queries read. Mutations always read the primary.',
  ),
  logLevel: choice('LOG_LEVEL', logLevels, 'info', 'The least severe line that is logged.'),
  logFormat: choice(
    'LOG_FORMAT',
    logFormats,
    'auto',
    'json, pretty, or auto: pretty in a terminal, json elsewhere.',
  ),
  maxBodyBytes: integer('MAX_BODY_BYTES', 16 * MiB, 1024, 256 * MiB, 'The largest request body, in bytes.'),
  maxQueryDepth: integer('MAX_QUERY_DEPTH', 12, 1, 100, 'How deep the selections of an operation may nest.'),
  maxQueryCost: integer(
    'MAX_QUERY_COST',
    30_000,
    1,
    10_000_000,
    'How many nodes an operation may ask for, from its first and last.',
  ),
  maxQueryAliases: integer('MAX_QUERY_ALIASES', 50, 0, 10_000, 'How many aliases an operation may use.'),
  maxQueryTokens: integer(
    'MAX_QUERY_TOKENS',
    20_000,
    100,
    1_000_000,
    'How many tokens the text of a request may have.',
  ),
  execution: choice(
    'EXECUTION',
    executions,
    'auto',
    'How operations run: plain, compiled, or auto: compiled from the second time on.',
  ),
  requestTimeoutMs: integer(
    'REQUEST_TIMEOUT_MS',
    10_000,
    100,
    600_000,
    'How long a request may take, in milliseconds.',
  ),
  readTimeoutMs: integer(
    'READ_TIMEOUT_MS',
    5_000,
    10,
    600_000,
    'How long the database may work on one read, in milliseconds.',
  ),
  slowRequestMs: integer(
    'SLOW_REQUEST_MS',
    1_000,
    1,
    600_000,
    'From how many milliseconds on a request is logged as slow.',
  ),
  writerLanes: integer('WRITER_LANES', 1, 1, 2, 'How many transactions of events one process has in flight.'),
  maxQueuedEvents: integer(
    'MAX_QUEUED_EVENTS',
    20_000,
    1000,
    1_000_000,
    'How many events may wait to be stored.',
  ),
  maxQueuedBytes: integer(
    'MAX_QUEUED_BYTES',
    256 * MiB,
    16 * MiB,
    4096 * MiB,
    'How many bytes of events may wait to be stored.',
  ),
  maxAnswerBytes: integer(
    'MAX_ANSWER_BYTES',
    256 * MiB,
    16 * MiB,
    65_536 * MiB,
    'How many bytes large answers may hold in memory, all together.',
  ),
  shutdownTimeoutMs: integer(
    'SHUTDOWN_TIMEOUT_MS',
    10_000,
    0,
    600_000,
    'How long a stopping server waits for what is in flight.',
  ),
};

/** The settings of one process: read once, complete, never changed. */
export type Config = {
  readonly [name in keyof typeof settings]: (typeof settings)[name] extends Setting<infer T> ? T : never;
};

/** Settings that break a rule: one message that lists them all. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * The settings in `env`, with defaults for what it lacks; an empty value counts as lacking.
 * @throws ConfigError that names every variable, value and rule at fault
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    const value = env[setting.variable];
    if (value === undefined || value === '') return [name, setting.fallback];
    try {
      return [name, setting.read(value)];
    } catch (error) {
      problems.push(`${setting.variable}=${shown(setting.variable, value)} ${(error as Error).message}`);
      return [name, setting.fallback];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(Object.fromEntries(entries)) as Config;
}

function text(variable: string, fallback: string, meaning: string): Setting<string> {
  return { variable, fallback, meaning, read: (value) => value };
}

function optional<T>(variable: string, read: (value: string) => T, meaning: string): Setting<T | null> {
  return { variable, fallback: null, meaning, read };
}

function integer(
  variable: string,
  fallback: number,
  least: number,
  most: number,
  meaning: string,
): Setting<number> {
  const read = (value: string) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
  return { variable, fallback, meaning, read };
}

function choice<T extends string>(
  variable: string,
  choices: readonly T[],
  fallback: T,
  meaning: string,
): Setting<T> {
  const read = (value: string) => {
    const found = choices.find((one) => one === value);
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return found;
  };
  return { variable, fallback, meaning, read };
}

function mongodbUri(value: string): string {
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(value))
    throw new Error('must begin with mongodb:// or mongodb+srv:// and name a host');
  if (!isPercentEncoded(value))
    throw new Error('must be percent-encoded: %25 for a % in a name or password, UTF-8 for all else');
  return value;
}

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

function databaseName(value: string): string {
  if (!/^[^/\\. "$*<>:|?\0]{1,63}$/.test(value)) {
    throw new Error('must be 1 to 63 characters without white space and none of / \\ . " $ * < > : | ?');
  }
  return value;
}

/**
 * A MONGODB_URI as a message may show it. Everything before the last @ counts as credentials, because a password with an
 * unescaped / or @ is just what a person is told about; of the options, those that can be secrets lose their values.
 */
export function withoutSecrets(uri: string): string {
  return uri
    .replace(/^([^/@:]*:\/*)?.*@/s, '$1***@')
    .replace(/([?&][^=&]*(?:password|properties)=)[^&]*/gi, '$1***');
}

function shown(variable: string, value: string): string {
  return JSON.stringify(variable === 'MONGODB_URI' ? withoutSecrets(value) : value);
}
