import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { MongoError } from './errors';
import { FilterNode, parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { matchedPosition } from './matched-element';
import { formatForMessage } from './message-format';
import { ElementChoice } from './update-path';
import { Step } from './update-steps';

type ElementTest = (element: BsonValue) => boolean;

/**
 * Reads `arrayFilters`, by the names that they give to elements.
 * @throws MongoError FailedToParse (9), BadValue (2) where the filters and the update's paths do not agree
 */
export function parseArrayFilters(
  filters: BsonValue[],
  update: BsonDocument,
  steps: readonly Step[],
): ReadonlyMap<string, ElementTest> {
  const tests = new Map<string, ElementTest>();
  for (const filter of filters) {
    const [name, test] = parseArrayFilter(filter);
    if (tests.has(name)) {
      throw new MongoError(9, `Found multiple array filters with the same top-level field name ${name}`);
    }
    tests.set(name, test);
  }
  checkNames(tests, update, steps);
  return tests;
}

function parseArrayFilter(filter: BsonValue): [string, ElementTest] {
  if (!isDocument(filter)) throw new MongoError(14, 'arrayFilters must be documents');
  const { matches, fields } = compileFilter(parseFilter(filter));
  const [name, another] = fields ?? [];
  if (name === undefined) {
    throw new MongoError(9, 'Cannot use an expression without a top-level field name in arrayFilters');
  }
  if (another !== undefined) {
    throw new MongoError(
      9,
      `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${name}' and '${another}'`,
    );
  }
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    throw new MongoError(
      2,
      'Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning ' +
        `with a lowercase letter, found '${name}'`,
    );
  }
  return [name, (element) => matches(new Map([[name, element]]))];
}

function checkNames(
  tests: ReadonlyMap<string, ElementTest>,
  update: BsonDocument,
  steps: readonly Step[],
): void {
  const unused = new Set(tests.keys());
  for (const { path } of steps) {
    for (const part of path) {
      const name = identifierOf(part);
      if (!name) continue;
      if (!tests.has(name)) {
        throw new MongoError(2, `No array filter found for identifier '${name}' in path '${path.join('.')}'`);
      }
      unused.delete(name);
    }
  }
  for (const name of unused) {
    throw new MongoError(
      9,
      `The array filter for identifier '${name}' was not used in the update ${formatForMessage(update)}`,
    );
  }
}

/** The name in `$[name]`; empty for `$[]`. */
function identifierOf(part: string): string | undefined {
  return /^\$\[(.*)\]$/.exec(part)?.[1];
}

/** What the dynamic parts of paths stand for in one document. */
export function chooseElements(
  document: BsonDocument,
  filter: FilterNode | undefined,
  arrayFilters: ReadonlyMap<string, ElementTest>,
): ElementChoice {
  return (part, array) => {
    if (part === '$') return [positionalMatch(document, filter)];
    const test = arrayFilters.get(identifierOf(part)!);
    return [...array.keys()].filter((index) => test?.(array[index]!) ?? true);
  };
}

function positionalMatch(document: BsonDocument, filter: FilterNode | undefined): number {
  const position = filter && matchedPosition(filter, document);
  if (position != null) return position;
  throw new MongoError(2, 'The positional operator did not find the match needed from the query.');
}
