/** The requested part of an ordered list. */
export interface PageRequest<Place> {
  /** `forward`: the first `limit` rows after `after`; `backward`: the last `limit` rows before `before`. */
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
  /** Only rows after this place. */
  readonly after: Place | null;
  /** Only rows before this place. */
  readonly before: Place | null;
}

/** A part of an ordered list, in the order of the list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether there is more in the direction of the request. */
  readonly more: boolean;
}

/** Makes a page of `rows`, which were fetched in the direction of `request`, up to one more than its limit. */
export function pageOf<Row>(
  rows: Row[],
  request: Pick<PageRequest<unknown>, 'direction' | 'limit'>,
): Page<Row> {
  const more = rows.length > request.limit;
  if (more) rows.length = request.limit;
  if (request.direction === 'backward') rows.reverse();
  return { rows, more };
}
