import { inspect } from 'node:util';
import type { Log } from '../../src/log';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly details: object;
}

/** A log that keeps its lines, and that knows which errors a test has asked for. */
export class CapturedLog implements Log {
  private lines: LogLine[] = [];

  debug(details: object, message: string): void {
    this.lines.push({ level: 'debug', message, details });
  }

  info(details: object, message: string): void {
    this.lines.push({ level: 'info', message, details });
  }

  warn(details: object, message: string): void {
    this.lines.push({ level: 'warn', message, details });
  }

  error(details: object, message: string): void {
    this.lines.push({ level: 'error', message, details });
  }

  /** Every line but the errors that `takeErrors` has taken. */
  all(): readonly LogLine[] {
    return this.lines;
  }

  /** For a test that provokes errors: returns them and takes them out of the log. */
  takeErrors(): LogLine[] {
    const errors = this.lines.filter(({ level }) => level === 'error');
    this.lines = this.lines.filter(({ level }) => level !== 'error');
    return errors;
  }

  /** @throws where an error was logged that no test has taken */
  expectNoErrors(): void {
    const errors = this.takeErrors();
    if (errors.length > 0) {
      throw new Error(`The service logged an unexpected error: ${inspect(errors, { depth: 6 })}`);
    }
  }
}
