import { type DocumentNode, GraphQLError, Kind, parse } from 'graphql';
import type { Config } from '../../config';
import { DomainError } from '../../errors';
import { type Extent, ExtentMeter, measureDensity } from './document-extent';
import { InvalidOperation, withCode } from './refusals';

export type TextLimits = Pick<
  Config,
  'maxQueryTokens' | 'maxQueryDepth' | 'maxQueryAliases' | 'maxQueryFields'
>;

/** Beyond what anyone writes; validation looks at each operation with all of its fragments. */
const maxOperations = 100;
const maxDirectives = 10;
/** A payload may nest 32 levels, and its own rule says so best. */
const maxLiteralDepth = 100;

/**
 * Refuses a text that would cost too much to look at, before anything looks at it closely: validation takes time with
 * the square of what it is given. Takes time in proportion to the text itself. Returns the document.
 * @throws QUERY_TOO_COMPLEX, naming what is over which limit; InvalidOperation where the text does not parse
 */
export function parseWithinLimits(text: string, limits: TextLimits): DocumentNode {
  return withinStack(() => {
    const document = parseWithinTokens(text, limits.maxQueryTokens);
    refuseExtents(document, limits);
    const { directives, literalDepth } = measureDensity(document);
    refuseAbove(maxDirectives, directives, `it has ${directives} directives in one place`, { directives });
    refuseAbove(maxLiteralDepth, literalDepth, `its values nest ${literalDepth} levels deep`, {
      literalDepth,
    });
    return document;
  });
}

/**
 * Runs what recurses as deep as a document nests.
 * @throws QUERY_TOO_COMPLEX where that is too deep
 */
export function withinStack<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DomainError('QUERY_TOO_COMPLEX', 'The operation is too complex: it nests too deep to be read.');
  }
}

/** A refusal that names what the operation has too much of, and how much it may have. */
export function tooComplex(what: string, limit: number, details: object): DomainError {
  return new DomainError(
    'QUERY_TOO_COMPLEX',
    `The operation is too complex: ${what}, the limit is ${limit}.`,
    { ...details, limit },
  );
}

function refuseAbove(limit: number, found: number, what: string, details: object): void {
  if (found > limit) throw tooComplex(what, limit, details);
}

/** @throws QUERY_TOO_COMPLEX */
export function refuseBytes(text: string, limit: number): void {
  // One UTF-16 unit is one to three bytes: most texts need no counting.
  const bytes = text.length > limit || text.length * 3 <= limit ? text.length : Buffer.byteLength(text);
  refuseAbove(limit, bytes, 'its text has too many bytes', {});
}

function parseWithinTokens(text: string, maxTokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.includes('Parsing aborted')) throw tooComplex('it has too many tokens', maxTokens, {});
    throw new InvalidOperation([withCode(error, 'GRAPHQL_PARSE_FAILED')]);
  }
}

/** Of every definition: validation also reads fragments that nothing spreads. */
function refuseExtents(document: DocumentNode, limits: TextLimits): void {
  const meter = new ExtentMeter(document);
  let operations = 0;
  for (const definition of document.definitions) {
    const isOperation = definition.kind === Kind.OPERATION_DEFINITION;
    if (!isOperation && definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const extent = meter.measure(definition.selectionSet);
    // Fragments for introspection nest deeper than operations may: they begin below `__schema`.
    if (isOperation) {
      operations += 1;
      refuseDepth(extent, limits.maxQueryDepth);
    }
    refuseSize(extent, limits);
  }
  refuseAbove(maxOperations, operations, `its text has ${operations} operations`, { operations });
}

function refuseDepth({ depth }: Extent, limit: number): void {
  refuseAbove(limit, depth, `selections nest ${depth} levels deep`, { depth });
}

function refuseSize({ aliases, fields }: Extent, { maxQueryAliases, maxQueryFields }: TextLimits): void {
  // What doubles itself often enough is beyond what a number can tell.
  const shown = (count: number) => (Number.isSafeInteger(count) ? count : 'countless');
  refuseAbove(maxQueryAliases, aliases, `it uses ${shown(aliases)} aliases`, { aliases: shown(aliases) });
  refuseAbove(maxQueryFields, fields, `it selects ${shown(fields)} fields with its fragments spread`, {
    fields: shown(fields),
  });
}
