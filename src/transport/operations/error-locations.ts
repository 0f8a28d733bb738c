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

/** Where the nodes of executable documents stand in their texts. */
const locations = new WeakMap<ASTNode, { readonly source: Source; readonly start: number }>();

/**
 * Takes the locations out of a document that is to be executed. graphql-js looks a location up in the text for each
 * error that it makes, and there can be one for each field of each row: {@link locationsOf} does it for those that are
 * sent.
 */
export function moveLocations(document: DocumentNode): void {
  const left: ASTNode[] = [document];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.loc) locations.set(node, { source: node.loc.source, start: node.loc.start });
    (node as { loc?: Location }).loc = undefined;
    left.push(...childrenOf(node));
  }
}

/** The places in the text that an error is about. */
export function locationsOf({ nodes }: GraphQLError): SourceLocation[] | undefined {
  const found = nodes?.flatMap((node) => {
    const location = locations.get(node);
    return location ? [getLocation(location.source, location.start)] : [];
  });
  return found?.length ? found : undefined;
}
