import pino, { type Logger } from 'pino';
import type { Config } from '../config';

export type { Logger } from 'pino';

/** The maximum depth of an error's causes in the log. */
const maxCauses = 5;

/**
 * The log of the process, on stdout: readable text in a terminal, otherwise JSON, unless LOG_FORMAT is set. Errors are
 * logged without the properties that the driver and Mongoose add, which can hold payloads. `base` is part of every line.
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
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only for terminals
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

/** The parts of an error that may be logged: name, message, stack and causes, never data. */
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
