import type { mongo } from 'mongoose';
import { DomainError } from '../errors';

/** Enough for the largest page there can be: 500 payloads of 256 KiB. */
const maxFullReplies = 10;
const fullReplyMiB = 16;

/** What one operation may still read, counted in replies that are as large as a reply can be. */
export class ReadBudget {
  private fullReplies = maxFullReplies;

  /**
   * Every row of a cursor.
   * @throws QUERY_TOO_COMPLEX where the operation reads more than a server should hold in memory for one
   */
  async readAll<Row>(cursor: mongo.AbstractCursor<Row>): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of cursor) {
      rows.push(row);
      for (const buffered of cursor.readBufferedDocuments()) rows.push(buffered);
      // The commands ask for all rows in one reply: what stays open did not fit.
      if (cursor.id && !cursor.id.isZero()) this.spendFullReply();
    }
    return rows;
  }

  private spendFullReply(): void {
    this.fullReplies -= 1;
    if (this.fullReplies >= 0) return;
    throw new DomainError(
      'QUERY_TOO_COMPLEX',
      `The answer would be larger than ${maxFullReplies * fullReplyMiB} MiB. Ask for less at a time.`,
    );
  }
}
