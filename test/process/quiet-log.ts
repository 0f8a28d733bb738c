import type { Log } from '../../src/log';

const nothing = (): void => undefined;

/** Says only what has gone wrong, on standard error: what a program prints for people stays readable. */
export const quietLog: Log = {
  debug: nothing,
  info: nothing,
  warn: (details, text) => console.error(text, details),
  error: (details, text) => console.error(text, details),
};
