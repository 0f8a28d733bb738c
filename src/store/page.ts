/** Which part of an ordered list is wanted. */
export interface PageRequest<Place> {
  /** `forward`: the first `limit` rows after `after`; `backward`: the last `limit` rows before `before`. */
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
  /** Only rows beyond this place, without it. */
  readonly after: Place | null;
  /** Only rows ahead of this place, without it. */
  readonly before: Place | null;
}

/** A part of an ordered list, in the order of the list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether there is more in the direction of the request. */
  readonly more: boolean;
}

/** The page that `rows` are, which were fetched in the direction of `request`, one beyond its limit if there is one. */
export function pageOf<Row>(
  rows: Row[],
  request: Pick<PageRequest<unknown>, 'direction' | 'limit'>,
): Page<Row> {
  const more = rows.length > request.limit;
  if (more) rows.length = request.limit;
  if (request.direction === 'backward') rows.reverse();
  return { rows, more };
}
