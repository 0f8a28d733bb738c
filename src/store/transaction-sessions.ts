import type { mongo } from 'mongoose';
import type { Log } from '../log';
import { ProcessRegister } from './process-register';
import type { Store } from './store';

/** The client sessions in which this process runs transactions: few, used again and again, and known to the others. */
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
   * Runs `work` with a session that nobody else uses meanwhile.
   * @throws what `work` throws, or the driver's error where the database cannot be told of a new session
   */
  async use<Result>(work: (session: mongo.ClientSession) => Promise<Result>): Promise<Result> {
    const session = this.idle.pop() ?? this.store.client.startSession();
    try {
      if (!this.register.knows(session)) await this.register.add(session);
      return await work(session);
    } finally {
      this.giveBack(session);
    }
  }

  /** Looks after transactions of dead processes, which the caller's own write may have to wait for. */
  watch(): void {
    this.register.watch();
  }

  async close(): Promise<void> {
    await this.register.close();
    await Promise.all(this.idle.map(endQuietly));
  }

  private giveBack(session: mongo.ClientSession): void {
    if (session.serverSession.isDirty) {
      // Its connection broke, perhaps in a transaction whose end the server has not heard of.
      this.register.abandon(session);
      void endQuietly(session);
    } else this.idle.push(session);
  }
}

/** Has nothing to say that could matter: what was to commit is committed. */
function endQuietly(session: mongo.ClientSession): Promise<void> {
  return session.endSession().catch(() => undefined);
}
