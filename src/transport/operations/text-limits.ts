import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import type { Config } from '../../config';
import { DomainError } from '../../errors';
import { InvalidOperation, textError } from './refusals';

export type QueryLimits = Pick<Config, 'maxQueryTokens' | 'maxQueryDepth' | 'maxQueryAliases'>;

interface Extent {
  readonly depth: number;
  readonly aliases: number;
}

/**
 * Refuses a text that would cost too much to look at, before anything looks at it closely: validation takes time with
 * the square of what it is given. Returns the document.
 * @throws QUERY_TOO_COMPLEX, naming what is over which limit; InvalidOperation where the text does not parse
 */
export function parseWithinLimits(text: string, limits: QueryLimits): DocumentNode {
  const document = parseWithinTokens(text, limits.maxQueryTokens);
  const measure = extentMeter(document);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases } = measure(definition.selectionSet);
    if (depth > limits.maxQueryDepth) {
      throw tooComplex(`selections nest ${depth} levels deep`, limits.maxQueryDepth, { depth });
    }
    if (aliases > limits.maxQueryAliases) {
      throw tooComplex(`it uses ${aliases} aliases`, limits.maxQueryAliases, { aliases });
    }
  }
  return document;
}

/** A refusal that names what the operation has too much of, and how much it may have. */
export function tooComplex(what: string, limit: number, details: object): DomainError {
  return new DomainError(
    'QUERY_TOO_COMPLEX',
    `The operation is too complex: ${what}, the limit is ${limit}.`,
    {
      ...details,
      limit,
    },
  );
}

function parseWithinTokens(text: string, maxTokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    if (error instanceof GraphQLError && error.message.includes('Parsing aborted')) {
      throw tooComplex('it has too many tokens', maxTokens, {});
    }
    // The parser recurses: this is a document that nests thousands of levels deep.
    if (error instanceof RangeError)
      throw new DomainError(
        'QUERY_TOO_COMPLEX',
        'The operation is too complex: it nests too deep to be read.',
      );
    throw error instanceof GraphQLError
      ? new InvalidOperation([textError(error.message, 'GRAPHQL_PARSE_FAILED', error)])
      : error;
  }
}

/**
 * How deep a selection goes and how many aliases it has, with its fragments spread out. A fragment is measured once,
 * so that a document whose fragments double each other takes no longer than its length; one that contains itself, which
 * validation is about to refuse, counts as empty there.
 */
function extentMeter(document: DocumentNode): (selectionSet: SelectionSetNode) => Extent {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Extent>();
  const nothing: Extent = { depth: 0, aliases: 0 };

  function measureFragment(name: string): Extent {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, nothing);
    const fragment = fragments.get(name);
    const extent = fragment ? measure(fragment.selectionSet) : nothing;
    measured.set(name, extent);
    return extent;
  }

  function measure(selectionSet: SelectionSetNode): Extent {
    let depth = 0;
    let aliases = 0;
    for (const selection of selectionSet.selections) {
      let part = nothing;
      if (selection.kind === Kind.FRAGMENT_SPREAD) part = measureFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) part = measure(selection.selectionSet);
      else part = measureField(selection);
      depth = Math.max(depth, part.depth);
      aliases += part.aliases;
    }
    return { depth, aliases };
  }

  function measureField(field: FieldNode): Extent {
    const own = field.alias ? 1 : 0;
    const inner = field.selectionSet ? measure(field.selectionSet) : nothing;
    // Validation has a limit of its own for the depth of introspection, made for what its tools ask.
    const depth = field.name.value.startsWith('__') ? 1 : inner.depth + 1;
    return { depth, aliases: inner.aliases + own };
  }

  return measure;
}
