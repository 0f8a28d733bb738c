import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { accessProblems, accessSettings } from './access-settings';
import { liveSettings } from './live-settings';
import { databaseName, mongodbUri, withoutSecrets } from './mongodb-settings';
import {
  choice,
  flag,
  httpUrl,
  integer,
  optional,
  optionalInteger,
  secret,
  type Setting,
  text,
  wholeNumber,
} from './setting';

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

/** Every setting: its variable, default, allowed values and meaning. */
export const settings = {
  host: text('HOST', '127.0.0.1', 'an address or host name', 'The address to listen on; 0.0.0.0 for all.'),
  port: integer('PORT', 4000, 0, 65_535, 'The port to listen on; 0 takes a free one.'),
  ...accessSettings,
  dataDir: text(
    'DATA_DIR',
    './data',
    'a path',
    'The data folder of the embedded engine, used without MONGODB_URI.',
  ),
  mongodbUri: secret(
    optional(
      'MONGODB_URI',
      mongodbUri,
      'a connection string',
      'A MongoDB replica set or sharded cluster to use instead of the embedded engine.',
    ),
    withoutSecrets,
  ),
  mongodbDatabase: optional(
    'MONGODB_DATABASE',
    databaseName,
    'a name of 1 to 63 characters',
    'The database name. Default: the one in MONGODB_URI, or "conversations".',
  ),
  autoIndex: flag(
    'AUTO_INDEX',
    true,
    'Whether to build missing indexes at start. With false, run "npm run admin -- indexes --build".',
  ),
  readPreference: choice(
    'READ_PREFERENCE',
    readPreferences,
    'primary',
    'Where queries read. Mutations always read the primary.',
  ),
  logLevel: choice('LOG_LEVEL', logLevels, 'info', 'The minimum level that is logged.'),
  logFormat: choice('LOG_FORMAT', logFormats, 'auto', 'auto: pretty in a terminal, json elsewhere.'),
  maxBodyBytes: integer(
    'MAX_BODY_BYTES',
    16 * MiB,
    1024,
    256 * MiB,
    'Maximum size of a request body, in bytes.',
  ),
  maxBodyValues: integer(
    'MAX_BODY_VALUES',
    300_000,
    1000,
    100_000_000,
    'Maximum number of values and keys in a JSON body or WebSocket message.',
  ),
  maxQueryDepth: integer('MAX_QUERY_DEPTH', 12, 1, 100, 'Maximum depth of nested selections.'),
  maxQueryCost: integer(
    'MAX_QUERY_COST',
    30_000,
    1,
    10_000_000,
    'Maximum number of nodes an operation may ask for, by its first and last.',
  ),
  maxQueryValues: integer(
    'MAX_QUERY_VALUES',
    250_000,
    100,
    100_000_000,
    'Maximum number of values in a response: the fields of all its nodes.',
  ),
  maxQueryAliases: integer('MAX_QUERY_ALIASES', 50, 0, 10_000, 'Maximum number of aliases in an operation.'),
  maxQueryTokens: integer(
    'MAX_QUERY_TOKENS',
    20_000,
    100,
    1_000_000,
    'Maximum number of tokens in a GraphQL document.',
  ),
  maxQueryBytes: integer(
    'MAX_QUERY_BYTES',
    64 * 1024,
    1024,
    1024 * 1024,
    'Maximum size of a GraphQL document, in bytes.',
  ),
  maxQueryFields: integer(
    'MAX_QUERY_FIELDS',
    1000,
    10,
    10_000,
    'Maximum number of fields an operation selects, with its fragments spread.',
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
    'Maximum time for a request, in milliseconds.',
  ),
  readTimeoutMs: integer(
    'READ_TIMEOUT_MS',
    5_000,
    10,
    600_000,
    'Maximum time for one read in the database, in milliseconds.',
  ),
  slowRequestMs: integer(
    'SLOW_REQUEST_MS',
    1_000,
    1,
    600_000,
    'Time after which a request is logged as slow, in milliseconds.',
  ),
  writerLanes: integer('WRITER_LANES', 1, 1, 2, 'Number of event transactions that a process runs at once.'),
  maxQueuedEvents: integer(
    'MAX_QUEUED_EVENTS',
    20_000,
    1000,
    1_000_000,
    'Maximum number of events in the write queue.',
  ),
  maxQueuedBytes: integer(
    'MAX_QUEUED_BYTES',
    256 * MiB,
    16 * MiB,
    4096 * MiB,
    'Maximum size of the write queue, in bytes.',
  ),
  maxAnswerBytes: integer(
    'MAX_ANSWER_BYTES',
    192 * MiB,
    16 * MiB,
    65_536 * MiB,
    'Maximum memory for all large responses together, in bytes. Large reads wait while a third of it is taken.',
  ),
  ...liveSettings,
  workers: {
    variable: 'WORKERS',
    fallback: 1,
    allowed: '1 to 256, auto',
    meaning: 'Number of server processes behind one port; auto: one per core.',
    read: (value) => (value === 'auto' ? availableParallelism() : wholeNumber(value, 1, 256, ' or auto')),
  } satisfies Setting<number>,
  metrics: choice(
    'METRICS',
    ['off', 'on'],
    'off',
    'on: serve GET /metrics for Prometheus, on PORT unless METRICS_PORT is set.',
  ),
  metricsPort: optionalInteger(
    'METRICS_PORT',
    0,
    65_535,
    'A separate port for GET /metrics; 0 takes a free one. Implies METRICS=on.',
  ),
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    httpUrl,
    'a URL',
    'An OpenTelemetry collector for traces by OTLP over HTTP, such as http://localhost:4318.',
  ),
  logRequests: choice(
    'LOG_REQUESTS',
    ['off', 'on'],
    'off',
    'on: log a line for every operation, without payloads.',
  ),
  shutdownDelayMs: integer(
    'SHUTDOWN_DELAY_MS',
    0,
    0,
    600_000,
    'How long a stopping server keeps serving while /health/ready fails, in milliseconds.',
  ),
  shutdownTimeoutMs: integer(
    'SHUTDOWN_TIMEOUT_MS',
    10_000,
    0,
    600_000,
    'How long a stopping server waits for operations in flight, in milliseconds.',
  ),
};

/** The settings of one process: read once, complete, never changed. */
export type Config = {
  readonly [name in keyof typeof settings]: (typeof settings)[name] extends Setting<infer T> ? T : never;
};

/** Whether the driver must report each command. */
export function isWatched(config: Pick<Config, 'metrics' | 'metricsPort' | 'otlpEndpoint'>): boolean {
  return isMeasured(config) || config.otlpEndpoint !== null;
}

/** Whether anything is measured. */
export function isMeasured({ metrics, metricsPort }: Pick<Config, 'metrics' | 'metricsPort'>): boolean {
  return metrics === 'on' || metricsPort !== null;
}

/** Invalid settings, one line each. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    const [first, ...others] = problems;
    super(
      others.length === 0
        ? first
        : `These settings cannot be used:\n${problems.map((one) => `  ${one}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** The environment variables, unparsed. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Rules between settings that are valid one by one; each returns its problems, or null.
 * Add a rule here for a setting that depends on another.
 */
const combinations: readonly ((config: Config) => string | readonly string[] | null)[] = [
  accessProblems,
  ({ maxBodyBytes, maxQueuedBytes }) =>
    maxQueuedBytes < maxBodyBytes
      ? `MAX_QUEUED_BYTES=${maxQueuedBytes} must not be below MAX_BODY_BYTES=${maxBodyBytes}: a large batch could never be stored`
      : null,
  ({ port, metricsPort }) =>
    metricsPort === port && port !== 0
      ? `METRICS_PORT=${metricsPort} must differ from PORT; METRICS=on serves the metrics on PORT`
      : null,
];

/** The settings of an environment, including invalid ones. */
export interface ReadSettings {
  /** Complete: invalid values are replaced by their defaults. */
  readonly config: Config;
  /** The variables with invalid values. */
  readonly refused: ReadonlySet<string>;
  /** One line each. */
  readonly problems: readonly string[];
}

/**
 * Reads the settings from `env`, with defaults for variables that are unset or empty. A secret can also be read from a
 * file: MONGODB_URI from the path in MONGODB_URI_FILE, without the trailing newline.
 */
export function readSettings(env: Environment): ReadSettings {
  const problems: string[] = [];
  const refused = new Set<string>();
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    try {
      const value = valueOf(setting, env);
      return [name, value === undefined ? setting.fallback : read(setting, value)];
    } catch (error) {
      problems.push((error as Error).message);
      refused.add(setting.variable);
      return [name, setting.fallback];
    }
  });
  const config = Object.freeze(Object.fromEntries(entries)) as Config;
  if (problems.length === 0) problems.push(...combinations.flatMap((problemOf) => problemOf(config) ?? []));
  return { config, refused, problems };
}

/**
 * Reads the settings as {@link readSettings} does, and requires all of them to be valid.
 * @throws ConfigError that names every invalid variable, its value and the rule
 */
export function readConfig(env: Environment): Config {
  const { config, problems } = readSettings(env);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function valueOf({ variable, mask }: Setting<unknown>, env: Environment): string | undefined {
  const value = env[variable] || undefined;
  const file = mask && env[`${variable}_FILE`];
  if (!file) return value;
  if (value !== undefined) throw new Error(`${variable} and ${variable}_FILE cannot both be set`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    throw new Error(
      `${variable}_FILE=${JSON.stringify(file)} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      { cause: error },
    );
  }
}

function read(setting: Setting<unknown>, value: string): unknown {
  try {
    return setting.read(value);
  } catch (error) {
    throw new Error(`${setting.variable}=${shown(setting, value)} ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A value with its secrets masked. */
function shown({ mask }: Setting<unknown>, value: string): string {
  return JSON.stringify(mask ? mask(value) : value);
}

/** A setting in effect. */
export interface SettingInUse {
  readonly variable: string;
  /** Secrets are masked; empty if unset. */
  readonly value: string;
  readonly source: 'default' | 'environment' | 'file' | 'default, because the value cannot be used';
}

/** Every setting in effect with its source, for people to read. */
export function settingsInUse({ config, refused }: ReadSettings, env: Environment): SettingInUse[] {
  return Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    const { variable, mask } = setting;
    const value = String(config[name as keyof Config] ?? '');
    const shownValue = mask && value ? mask(value) : value;
    if (refused.has(variable))
      return { variable, value: shownValue, source: 'default, because the value cannot be used' };
    const source = env[variable] ? 'environment' : mask && env[`${variable}_FILE`] ? 'file' : 'default';
    return { variable, value: shownValue, source };
  });
}
