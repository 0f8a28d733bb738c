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

/** Every setting: its variable, its default, what it takes and what it means. */
export const settings = {
  host: text(
    'HOST',
    '127.0.0.1',
    'an address or host name',
    'The address to listen on; 0.0.0.0 for all addresses.',
  ),
  port: integer('PORT', 4000, 0, 65_535, 'The port to listen on; 0 takes a free one.'),
  ...accessSettings,
  dataDir: text(
    'DATA_DIR',
    './data',
    'a path',
    'The folder of the embedded engine, used without MONGODB_URI.',
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
    'The database; otherwise the one in MONGODB_URI, or "conversations".',
  ),
  autoIndex: flag(
    'AUTO_INDEX',
    true,
    'Whether a start builds indexes that are missing. With false, "npm run admin -- indexes --build" does.',
  ),
  readPreference: choice(
    'READ_PREFERENCE',
    readPreferences,
    'primary',
    'Where queries read. Mutations always read the primary.',
  ),
  logLevel: choice('LOG_LEVEL', logLevels, 'info', 'The minimum level that is logged.'),
  logFormat: choice(
    'LOG_FORMAT',
    logFormats,
    'auto',
    'json, pretty, or auto: pretty in a terminal, json elsewhere.',
  ),
  maxBodyBytes: integer('MAX_BODY_BYTES', 16 * MiB, 1024, 256 * MiB, 'The largest request body, in bytes.'),
  maxBodyValues: integer(
    'MAX_BODY_VALUES',
    300_000,
    1000,
    100_000_000,
    'How many values and keys the JSON of a body may have.',
  ),
  maxQueryDepth: integer('MAX_QUERY_DEPTH', 12, 1, 100, 'How deep the selections of an operation may nest.'),
  maxQueryCost: integer(
    'MAX_QUERY_COST',
    30_000,
    1,
    10_000_000,
    'How many nodes an operation may ask for, by its first and last.',
  ),
  maxQueryValues: integer(
    'MAX_QUERY_VALUES',
    250_000,
    100,
    100_000_000,
    'How many values an answer may have: the fields of all its nodes.',
  ),
  maxQueryAliases: integer('MAX_QUERY_ALIASES', 50, 0, 10_000, 'How many aliases an operation may use.'),
  maxQueryTokens: integer(
    'MAX_QUERY_TOKENS',
    20_000,
    100,
    1_000_000,
    'How many tokens the text of a request may have.',
  ),
  maxQueryBytes: integer(
    'MAX_QUERY_BYTES',
    64 * 1024,
    1024,
    1024 * 1024,
    'How many bytes the text of a request may have.',
  ),
  maxQueryFields: integer(
    'MAX_QUERY_FIELDS',
    1000,
    10,
    10_000,
    'How many fields an operation may select, once its fragments are spread.',
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
    'Requests that take longer are logged as slow, in milliseconds.',
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
    'How many bytes large answers may hold in memory, in total.',
  ),
  ...liveSettings,
  workers: {
    variable: 'WORKERS',
    fallback: 1,
    allowed: '1 to 256, auto',
    meaning: 'How many processes serve, behind the one port; auto: one for each core.',
    read: (value) => (value === 'auto' ? availableParallelism() : wholeNumber(value, 1, 256, ' or auto')),
  } satisfies Setting<number>,
  metrics: choice(
    'METRICS',
    ['off', 'on'],
    'off',
    'on: GET /metrics for Prometheus, on PORT unless METRICS_PORT is set.',
  ),
  metricsPort: optionalInteger(
    'METRICS_PORT',
    0,
    65_535,
    'A port of its own for GET /metrics; 0 takes a free one. Implies METRICS=on.',
  ),
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    httpUrl,
    'a URL',
    'An OpenTelemetry collector, as in http://localhost:4318, that gets traces by OTLP over HTTP.',
  ),
  logRequests: choice(
    'LOG_REQUESTS',
    ['off', 'on'],
    'off',
    'on: a line in the log for every operation, without its payloads.',
  ),
  shutdownDelayMs: integer(
    'SHUTDOWN_DELAY_MS',
    0,
    0,
    600_000,
    'How long a stopping server still serves while /health/ready says no: what a balancer needs to notice.',
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

/** Whether the driver has to tell of each command. */
export function isWatched(config: Pick<Config, 'metrics' | 'metricsPort' | 'otlpEndpoint'>): boolean {
  return isMeasured(config) || config.otlpEndpoint !== null;
}

/** Whether anything is measured. */
export function isMeasured({ metrics, metricsPort }: Pick<Config, 'metrics' | 'metricsPort'>): boolean {
  return metrics === 'on' || metricsPort !== null;
}

/** Settings that cannot be used, each in a line that names it. */
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

/** What the environment has set, as it is there. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings that are right one by one and cannot be used together: what is wrong with them, nothing or null if all is well.
 * A new setting that depends on another one adds its rule here.
 */
const combinations: readonly ((config: Config) => string | readonly string[] | null)[] = [
  accessProblems,
  ({ maxBodyBytes, maxQueuedBytes }) =>
    maxQueuedBytes < maxBodyBytes
      ? `MAX_QUEUED_BYTES=${maxQueuedBytes} must not be below MAX_BODY_BYTES=${maxBodyBytes}: a large batch could never be stored`
      : null,
  ({ port, metricsPort }) =>
    metricsPort === port && port !== 0
      ? `METRICS_PORT=${metricsPort} must not be PORT; METRICS=on has the metrics on PORT`
      : null,
];

/** What an environment makes of the settings, also where some of it is wrong. */
export interface ReadSettings {
  /** Complete: with the default in place of what cannot be used. */
  readonly config: Config;
  /** The variables whose values cannot be used. */
  readonly refused: ReadonlySet<string>;
  /** One line each. */
  readonly problems: readonly string[];
}

/**
 * The settings in `env`, with defaults for what it lacks; an empty value counts as lacking. A secret may also stand in a
 * file that `env` names: MONGODB_URI in that of MONGODB_URI_FILE, without the newline at its end.
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
 * The settings of {@link readSettings}, where all can be used.
 * @throws ConfigError that names every variable, value and rule at fault
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

/** A value as a message may show it. */
function shown({ mask }: Setting<unknown>, value: string): string {
  return JSON.stringify(mask ? mask(value) : value);
}

/** A setting as it is used. */
export interface SettingInUse {
  readonly variable: string;
  /** As a message may show it; empty if there is none. */
  readonly value: string;
  readonly source: 'default' | 'environment' | 'file' | 'default, because the value cannot be used';
}

/** Every setting as `env` has made it, for a person to look at. */
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
