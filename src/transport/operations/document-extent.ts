import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** The size of a selection with its fragments spread. */
export interface Extent {
  readonly depth: number;
  readonly aliases: number;
  /** Fields and fragments, with every spread followed. */
  readonly fields: number;
}

const nothing: Extent = { depth: 0, aliases: 0, fields: 0 };

/**
 * Measures selections of a document. Each fragment is measured once, so the time is linear even if fragments double each
 * other. A recursive fragment, which validation refuses, counts as empty.
 */
export class ExtentMeter {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly measured = new Map<string, Extent>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  measure(selectionSet: SelectionSetNode): Extent {
    let depth = 0;
    let aliases = 0;
    let fields = selectionSet.selections.length;
    for (const selection of selectionSet.selections) {
      const part = this.measureSelection(selection);
      depth = Math.max(depth, part.depth);
      aliases += part.aliases;
      fields += part.fields;
    }
    return { depth, aliases, fields };
  }

  private measureSelection(selection: SelectionNode): Extent {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.measureFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.measure(selection.selectionSet);
    const { depth, aliases, fields } = selection.selectionSet
      ? this.measure(selection.selectionSet)
      : nothing;
    return {
      // Validation has its own limit for the depth of introspection, suited to its tools.
      depth: selection.name.value.startsWith('__') ? 1 : depth + 1,
      aliases: selection.alias ? aliases + 1 : aliases,
      fields,
    };
  }

  private measureFragment(name: string): Extent {
    const known = this.measured.get(name);
    if (known) return known;
    this.measured.set(name, nothing);
    const fragment = this.fragments.get(name);
    const extent = fragment ? this.measure(fragment.selectionSet) : nothing;
    this.measured.set(name, extent);
    return extent;
  }
}

/** The maximum number of directives at one node, and the maximum depth of literals. */
export interface Density {
  readonly directives: number;
  readonly literalDepth: number;
}

/** Visits each node of a document once. */
export function measureDensity(document: DocumentNode): Density {
  const found = { directives: 0, literalDepth: 0 };
  // An explicit stack, because literals may nest thousands of levels deep.
  const left: [node: ASTNode, literalDepth: number][] = document.definitions.map((node) => [node, 0]);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [node, around] = next;
    const { directives = [] } = node as { directives?: readonly unknown[] };
    found.directives = Math.max(found.directives, directives.length);
    const literalDepth = isContainer(node) ? around + 1 : around;
    found.literalDepth = Math.max(found.literalDepth, literalDepth);
    for (const child of childrenOf(node)) left.push([child, literalDepth]);
  }
  return found;
}

function isContainer(node: ASTNode): node is ValueNode {
  return node.kind === Kind.OBJECT || node.kind === Kind.LIST;
}

/** The children of a node. */
export function childrenOf(node: ASTNode): ASTNode[] {
  const children: ASTNode[] = [];
  for (const [name, value] of Object.entries(node)) {
    if (name === 'loc' || typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) children.push(...(value as ASTNode[]));
    else children.push(value as ASTNode);
  }
  return children;
}
