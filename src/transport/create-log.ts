import pino, { type Logger } from 'pino';
import type { Config } from '../config';

export type { Logger } from 'pino';

/** How deep the causes of an error are followed. */
const maxCauses = 5;

/**
 * The log of the process, on stdout: lines for people in a terminal, JSON everywhere else, unless LOG_FORMAT says so.
 * Errors are logged without what the driver and Mongoose hang on them: that can be a caller's payload. `base` is in every
 * line.
 */
export function createLog(config: Config, base: object | null = null): Logger {
  const options = {
    level: config.logLevel,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
  };
  const readable = config.logFormat === 'pretty' || (config.logFormat === 'auto' && process.stdout.isTTY);
  if (!readable) return pino(options);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where someone looks
  const pretty = require('pino-pretty') as typeof import('pino-pretty');
  return pino(options, pretty({ translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname', sync: true }));
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: LoggedError | string;
}

/** What a log may say of an error: what it is and where it comes from, never the data it was about. */
export function describeError(error: unknown, causes = 0): LoggedError | string {
  if (!(error instanceof Error)) return String(error);
  return {
    type: error.name,
    message: error.message,
    code: (error as { code?: unknown }).code,
    stack: error.stack,
    cause:
      error.cause !== undefined && causes < maxCauses ? describeError(error.cause, causes + 1) : undefined,
  };
}
