import type { CursorCodec } from '../service/cursor';
import type { Page, PageRequest } from '../store/page';
import type { PageInfo } from './page-info.type';
import type { Selection } from './selection';

/** A page of a list, with the codec of the list's cursors. */
export class PageOfList<Row, Place> {
  readonly rows: readonly Row[];

  constructor(
    private readonly page: Page<Row>,
    private readonly request: PageRequest<Place>,
    readonly cursors: CursorCodec<Row, Place>,
  ) {
    this.rows = page.rows;
  }

  /**
   * Exact in the direction of the request. In the other direction, true if the request had a cursor there, which costs
   * nothing to know.
   */
  get info(): PageInfo {
    const { direction, after, before } = this.request;
    const forward = direction === 'forward';
    return {
      hasNextPage: forward ? this.page.more : before !== null,
      hasPreviousPage: forward ? after !== null : this.page.more,
      startCursor: this.cursorOf(this.rows[0]),
      endCursor: this.cursorOf(this.rows[this.rows.length - 1]),
    };
  }

  private cursorOf(row: Row | undefined): string | null {
    return row === undefined ? null : this.cursors.encode(row);
  }
}

/** The page of a connection whose rows are not selected. */
export const unreadPage: Page<never> = { rows: [], more: false };

/** Whether a connection's selection needs the rows of its page. */
export function needsRows(connection: Selection): boolean {
  return connection.has('nodes', 'edges', 'pageInfo');
}

const known = new WeakMap<Selection, Selection>();

/** The fields selected of a connection's rows. */
export function rowSelection(connection: Selection): Selection {
  let rows = known.get(connection);
  if (rows === undefined) known.set(connection, (rows = connection.belowAny(['nodes'], ['edges', 'node'])));
  return rows;
}
