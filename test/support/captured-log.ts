import { inspect } from 'node:util';
import type { Log } from '../../src/log';
import { expectNoSecrets, printedLine } from './secrets';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly details: object;
}

/** A log that keeps its lines, and that knows which errors a test has asked for. No line may hold a secret or a payload. */
export class CapturedLog implements Log {
  private lines: LogLine[] = [];
  /** What stands in the log and must not. */
  private readonly leaks: string[] = [];

  debug(details: object, message: string): void {
    this.add({ level: 'debug', message, details });
  }

  info(details: object, message: string): void {
    this.add({ level: 'info', message, details });
  }

  warn(details: object, message: string): void {
    this.add({ level: 'warn', message, details });
  }

  error(details: object, message: string): void {
    this.add({ level: 'error', message, details });
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

  /** @throws where an error was logged that no test has taken, or a line holds what no log may hold */
  expectNoErrors(): void {
    const leaks = this.leaks.splice(0);
    if (leaks.length > 0) throw new Error(leaks.join('\n'));
    const errors = this.takeErrors();
    if (errors.length > 0) {
      throw new Error(`The service logged an unexpected error: ${inspect(errors, { depth: 6 })}`);
    }
  }

  private add(line: LogLine): void {
    this.lines.push(line);
    try {
      expectNoSecrets('the log', printedLine(line.message, line.details));
    } catch (leak) {
      this.leaks.push((leak as Error).message);
    }
  }
}
