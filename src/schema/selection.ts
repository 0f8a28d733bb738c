import { type FragmentDefinitionNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { FieldNode, SelectionNode } from 'graphql';

type Info = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>;

/**
 * What an operation selects below one field: names of fields, whatever their aliases, through fragments of any type,
 * without what @skip and @include leave out. So it may name more than one object has, never less.
 */
export class Selection implements Iterable<string> {
  private readonly fields = new Map<string, Selection>();

  /** The names, in the order in which they come first. */
  [Symbol.iterator](): Iterator<string> {
    return this.fields.keys();
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.fields.has(name));
  }

  /** What is selected below the field; empty if it is not selected itself. */
  below(name: string): Selection {
    return this.fields.get(name) ?? new Selection();
  }

  /** What is selected below any of the fields that are reached by these paths. */
  belowAny(...paths: readonly (readonly string[])[]): Selection {
    const merged = new Selection();
    for (const path of paths) merged.merge(path.reduce<Selection>((at, name) => at.below(name), this));
    return merged;
  }

  /** The field, to be added to. */
  open(name: string): Selection {
    let below = this.fields.get(name);
    if (below === undefined) this.fields.set(name, (below = new Selection()));
    return below;
  }

  private merge(other: Selection): void {
    for (const [name, below] of other.fields) this.open(name).merge(below);
  }
}

/** What of a document selects the same in every request with it, and so is read once. */
const known = new WeakMap<FieldNode, Selection>();
/** What goes by a request's variables is read once a request: by its variables, then by the nodes of the field. */
const knownByVariables = new WeakMap<object, WeakMap<readonly FieldNode[], Selection>>();

/** What the operation selects below the field that is being resolved. */
export function selectionOf(info: Info): Selection {
  const { fieldNodes, variableValues } = info;
  const lone = fieldNodes.length === 1 ? fieldNodes[0] : undefined;
  const cached = (lone && known.get(lone)) ?? knownByVariables.get(variableValues)?.get(fieldNodes);
  if (cached !== undefined) return cached;
  const reading = new SelectionReading(info);
  const selection = reading.read();
  if (lone && !reading.dependsOnVariables) known.set(lone, selection);
  else rememberForRequest(info, selection);
  return selection;
}

function rememberForRequest({ fieldNodes, variableValues }: Info, selection: Selection): void {
  let selections = knownByVariables.get(variableValues);
  if (selections === undefined) knownByVariables.set(variableValues, (selections = new WeakMap()));
  selections.set(fieldNodes, selection);
}

class SelectionReading {
  dependsOnVariables = false;

  constructor(private readonly info: Info) {}

  read(): Selection {
    const selection = new Selection();
    for (const { selectionSet } of this.info.fieldNodes) this.collect(selectionSet, selection);
    return selection;
  }

  private collect(set: SelectionSetNode | undefined, into: Selection): void {
    for (const node of set?.selections ?? []) {
      if (!this.isIncluded(node)) continue;
      switch (node.kind) {
        case Kind.FIELD:
          this.collect(node.selectionSet, into.open(node.name.value));
          break;
        case Kind.INLINE_FRAGMENT:
          this.collect(node.selectionSet, into);
          break;
        case Kind.FRAGMENT_SPREAD:
          this.collect(this.fragment(node.name.value)?.selectionSet, into);
          break;
      }
    }
  }

  private fragment(name: string): FragmentDefinitionNode | undefined {
    return this.info.fragments[name];
  }

  private isIncluded(node: SelectionNode): boolean {
    return (node.directives ?? []).every((directive) => {
      if (directive.name.value !== 'skip' && directive.name.value !== 'include') return true;
      const value = directive.arguments?.[0]?.value;
      if (value?.kind === Kind.VARIABLE) this.dependsOnVariables = true;
      const condition =
        value?.kind === Kind.VARIABLE
          ? this.info.variableValues[value.name.value]
          : value?.kind === Kind.BOOLEAN && value.value;
      return condition === (directive.name.value === 'include');
    });
  }
}
