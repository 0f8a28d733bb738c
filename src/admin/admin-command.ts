import type { ParseArgsConfig } from 'node:util';
import type { Store } from '../store/store';

/** What a command works on. */
export interface AdminContext {
  /** As it is: nothing was created. */
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
  /** What each option does, by the way it is written. */
  readonly optionHelp: Readonly<Record<string, string>>;
  /**
   * Resolves to the exit code: 0, or 1 where something is not as it should be.
   * @throws Error with what is wrong and what to do, where the command cannot be carried out
   */
  run(context: AdminContext, options: AdminOptions): Promise<number>;
}
