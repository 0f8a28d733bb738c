import { type DocumentNode, GraphQLError, Kind, parse } from 'graphql';
import type { Config } from '../../config';
import { DomainError } from '../../errors';
import { type Extent, ExtentMeter, measureDensity } from './document-extent';
import { InvalidOperation, withCode } from './refusals';

export type TextLimits = Pick<
  Config,
  'maxQueryTokens' | 'maxQueryDepth' | 'maxQueryAliases' | 'maxQueryFields'
>;

/** More than anyone writes; validation visits each operation with all its fragments. */
const maxOperations = 100;
const maxDirectives = 10;
/** More than the 32 levels of a payload, whose own rule gives a better error. */
const maxLiteralDepth = 100;

/**
 * Parses a document, and refuses one that would be too expensive to validate, which takes quadratic time. Takes linear
 * time itself.
 * @throws QUERY_TOO_COMPLEX that names the limit; InvalidOperation if the text does not parse
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
 * Runs a function that recurses as deep as a document nests.
 * @throws QUERY_TOO_COMPLEX if the stack overflows
 */
export function withinStack<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DomainError('QUERY_TOO_COMPLEX', 'The operation is too complex: it nests too deeply.');
  }
}

/** A QUERY_TOO_COMPLEX error that states what exceeds which limit. */
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
  // A UTF-16 unit takes one to three bytes, so most texts need no exact count.
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

/** Measures every definition, because validation also visits unused fragments. */
function refuseExtents(document: DocumentNode, limits: TextLimits): void {
  const meter = new ExtentMeter(document);
  let operations = 0;
  for (const definition of document.definitions) {
    const isOperation = definition.kind === Kind.OPERATION_DEFINITION;
    if (!isOperation && definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const extent = meter.measure(definition.selectionSet);
    // Introspection fragments start below `__schema`, and may nest deeper than operations.
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
  // Repeated doubling overflows to Infinity.
  const shown = (count: number) => (Number.isSafeInteger(count) ? count : 'countless');
  refuseAbove(maxQueryAliases, aliases, `it uses ${shown(aliases)} aliases`, { aliases: shown(aliases) });
  refuseAbove(maxQueryFields, fields, `it selects ${shown(fields)} fields with its fragments spread`, {
    fields: shown(fields),
  });
}
