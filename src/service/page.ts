import { badUserInput } from '../errors';
import type { PageRequest } from '../store/page';
import type { CursorCodec } from './cursor';

/** A list's arguments, as Relay has them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** How many rows a page has where neither `first` nor `last` says it. */
export const defaultPageSize = 50;
export const maxPageSize = 500;

/**
 * The page that the arguments ask for; without `first` and `last`, the first 50.
 * @throws BAD_USER_INPUT that names the argument at fault
 */
export function checkPage<Row, Place>(
  page: PageArguments,
  cursors: CursorCodec<Row, Place>,
): PageRequest<Place> {
  const { after, last, before } = page;
  return {
    direction: last == null ? 'forward' : 'backward',
    limit: checkPageSize(page),
    after: after == null ? null : cursors.decode('after', after),
    before: before == null ? null : cursors.decode('before', before),
  };
}

/**
 * How many rows the page may have.
 * @throws BAD_USER_INPUT that names the argument at fault
 */
export function checkPageSize({ first, last }: Pick<PageArguments, 'first' | 'last'>): number {
  if (first != null && last != null) throw badUserInput('last', 'must not be given together with first.');
  return last == null ? checkSize('first', first ?? defaultPageSize) : checkSize('last', last);
}

function checkSize(argument: 'first' | 'last', size: number): number {
  if (size < 1 || size > maxPageSize) throw badUserInput(argument, `must be from 1 to ${maxPageSize}.`);
  return size;
}
