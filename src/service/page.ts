import { badUserInput } from '../errors';
import type { PageRequest } from '../store/page';
import type { CursorCodec } from './cursor';

/** The arguments of a list, as Relay defines them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The page size without `first` and `last`. */
export const defaultPageSize = 50;
export const maxPageSize = 500;

/**
 * The page that the arguments ask for; without `first` and `last`, the first 50.
 * @throws BAD_USER_INPUT that names the invalid argument
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
 * The maximum number of rows of the page.
 * @throws BAD_USER_INPUT that names the invalid argument
 */
export function checkPageSize({ first, last }: Pick<PageArguments, 'first' | 'last'>): number {
  if (first != null && last != null) throw badUserInput('last', 'must not be given together with first.');
  return last == null ? checkSize('first', first ?? defaultPageSize) : checkSize('last', last);
}

function checkSize(argument: 'first' | 'last', size: number): number {
  if (size < 1 || size > maxPageSize) throw badUserInput(argument, `must be from 1 to ${maxPageSize}.`);
  return size;
}
