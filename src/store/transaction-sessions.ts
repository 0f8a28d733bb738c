import type { mongo } from 'mongoose';
import type { Log } from '../log';
import { ProcessRegister } from './process-register';
import type { Store } from './store';

/** How many sessions are created at once, because registering them takes a write. */
const sessionsAtOnce = 16;

/** The pool of client sessions in which this process runs transactions, known to the other processes. */
export class TransactionSessions {
  private readonly idle: mongo.ClientSession[] = [];
  private readonly register: ProcessRegister;

  constructor(
    private readonly store: Store,
    log: Log,
  ) {
    this.register = new ProcessRegister(store, log);
  }

  /**
   * Runs `work` with a session of its own.
   * @throws what `work` throws, or the driver's error where the database cannot be told of a new session
   */
  async use<Result>(work: (session: mongo.ClientSession) => Promise<Result>): Promise<Result> {
    if (this.idle.length === 0)
      for (let made = 0; made < sessionsAtOnce; made += 1) this.idle.push(this.store.client.startSession());
    const session = this.idle.pop()!;
    try {
      if (!this.register.knows(session)) await this.register.add([session, ...this.idle]);
      return await work(session);
    } finally {
      this.giveBack(session);
    }
  }

  /** Resolves after so many milliseconds, or when sessions that a dead process held have been freed. */
  pause(ms: number): Promise<void> {
    return this.register.pause(ms);
  }

  /** Watches for dead processes, whose transactions may block the caller's write. */
  watch(): void {
    this.register.watch();
  }

  async close(): Promise<void> {
    await this.register.close();
    await Promise.all(this.idle.map(endQuietly));
  }

  private giveBack(session: mongo.ClientSession): void {
    if (session.serverSession.isDirty) {
      // Its connection broke, perhaps during a transaction that the server still holds open.
      this.register.abandon(session);
      void endQuietly(session);
    } else this.idle.push(session);
  }
}

/** Ends a session, ignoring errors: its transactions are finished. */
function endQuietly(session: mongo.ClientSession): Promise<void> {
  return session.endSession().catch(() => undefined);
}
