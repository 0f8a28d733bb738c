import { MongoError } from './errors';

/** Array elements that the expressions on one document may go through: far less than a tenth of a second. */
const MOST_ELEMENTS = 250_000;

let elements = 0;
let work = 0;

/** Tells that expressions begin on another document. */
export function beginDocument(): void {
  elements = 0;
}

/**
 * Counts array elements that an expression goes through, which happens without a pause.
 * @throws MongoError ExceededMemoryLimit (146) where there are too many for one document
 */
export function countElements(count: number): void {
  work += count;
  elements += count;
  if (elements <= MOST_ELEMENTS) return;
  throw new MongoError(146, `Expressions may go through at most ${MOST_ELEMENTS} array elements a document`);
}

/** Counts other work that goes on without a pause, one for what takes about a microsecond. */
export function countWork(count: number): void {
  work += count;
}

/** How much work was counted since this was last asked: whoever lets others have the thread asks. */
export function takeWork(): number {
  const taken = work;
  work = 0;
  return taken;
}
