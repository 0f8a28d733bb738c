import type { ParseArgsConfig } from 'node:util';
import type { Store } from '../store/store';

/** The context of a command. */
export interface AdminContext {
  /** The existing store; nothing was created. */
  readonly store: Store;
  /** Writes a line of the report. */
  print(line: string): void;
}

export type AdminOptions = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One command of `npm run admin`. */
export interface AdminCommand {
  /** One line for the help. */
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The help of each option, by its spelling. */
  readonly optionHelp: Readonly<Record<string, string>>;
  /**
   * Resolves to the exit code: 0, or 1 if there are problems.
   * @throws Error that states the problem and what to do, if the command cannot run
   */
  run(context: AdminContext, options: AdminOptions): Promise<number>;
}
