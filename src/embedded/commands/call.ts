import type { Engine } from '../engine';
import { Clock, Run } from '../planner/execution';
import { Options, timeLimitOf } from './options';
import { CommandRequest } from './request';

/** One command to be answered. */
export class Call {
  constructor(
    readonly request: CommandRequest,
    readonly engine: Engine,
    readonly options: Options,
  ) {}

  /**
   * A run on the collection, whose view is null where there is no such collection. It stops at the command's time limit,
   * and when its client has gone; the caller ends it.
   */
  begin(ns: string): Run {
    const { body, connection } = this.request;
    const clock = new Clock(performance.now() + timeLimitOf(body));
    clock.client = connection;
    return new Run(this.engine.read(this.request, ns), clock);
  }

  /** As `begin`, and ends the run. */
  async reading<T>(ns: string, read: (run: Run) => Promise<T>): Promise<T> {
    const run = this.begin(ns);
    try {
      return await read(run);
    } finally {
      run.end();
    }
  }
}
