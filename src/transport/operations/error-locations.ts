import {
  type ASTNode,
  type DocumentNode,
  getLocation,
  type GraphQLError,
  type Location,
  type Source,
  type SourceLocation,
} from 'graphql';
import { childrenOf } from './document-extent';

/** The locations of the nodes of executable documents. */
const locations = new WeakMap<ASTNode, { readonly source: Source; readonly start: number }>();

/**
 * Removes the locations from a document before execution. graphql-js resolves a location in the text for each error, and
 * each field of each row can have one: {@link locationsOf} does so only for the errors that are sent.
 */
export function moveLocations(document: DocumentNode): void {
  const left: ASTNode[] = [document];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.loc) locations.set(node, { source: node.loc.source, start: node.loc.start });
    (node as { loc?: Location }).loc = undefined;
    left.push(...childrenOf(node));
  }
}

/** The source locations of an error. */
export function locationsOf({ nodes }: GraphQLError): SourceLocation[] | undefined {
  const found = nodes?.flatMap((node) => {
    const location = locations.get(node);
    return location ? [getLocation(location.source, location.start)] : [];
  });
  return found?.length ? found : undefined;
}
