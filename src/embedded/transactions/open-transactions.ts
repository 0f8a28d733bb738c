import { Claims } from '../storage/group-commit';
import { Blocked, writeConflict } from '../storage/write-scope';

/** What others need to know of an open transaction. */
interface OpenTransaction {
  /** Its writes are part of the group in flight: later writes build on them instead of waiting. */
  readonly applied: boolean;
  readonly ended: Promise<void>;
  uses(ns: string): boolean;
}

/** The transactions that have neither committed nor aborted, and what each of them has changed. */
export class OpenTransactions implements Claims {
  private readonly transactions = new Set<OpenTransaction>();
  private readonly holders = new Map<string, OpenTransaction>();

  add(transaction: OpenTransaction): void {
    this.transactions.add(transaction);
  }

  /** @throws MongoError WriteConflict when another one holds it */
  hold(claim: string, transaction: OpenTransaction): void {
    const holder = this.holders.get(claim);
    if (holder && holder !== transaction) throw writeConflict();
    this.holders.set(claim, transaction);
  }

  remove(transaction: OpenTransaction, claims: ReadonlySet<string>): void {
    this.transactions.delete(transaction);
    for (const claim of claims) this.holders.delete(claim);
  }

  assertFree(claim: string): void {
    const holder = this.holders.get(claim);
    if (holder && !holder.applied) throw new Blocked(holder.ended);
  }

  assertUnused(ns: string): void {
    for (const transaction of this.transactions) {
      if (transaction.uses(ns) && !transaction.applied) throw new Blocked(transaction.ended);
    }
  }
}
