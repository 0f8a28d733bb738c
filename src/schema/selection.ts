import { type FragmentDefinitionNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { FieldNode, SelectionNode } from 'graphql';

type Info = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>;

/**
 * The fields that an operation selects below one field: by name, not alias, through fragments of any type, without those
 * that @skip and @include leave out. It may name fields that the object's type lacks, but misses none.
 */
export class Selection implements Iterable<string> {
  private readonly fields = new Map<string, Selection>();

  /** The names, in the order of their first occurrence. */
  [Symbol.iterator](): Iterator<string> {
    return this.fields.keys();
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.fields.has(name));
  }

  /** The selection below the field; empty if the field is not selected. */
  below(name: string): Selection {
    return this.fields.get(name) ?? new Selection();
  }

  /** The merged selections below these paths. */
  belowAny(...paths: readonly (readonly string[])[]): Selection {
    const merged = new Selection();
    for (const path of paths) merged.merge(path.reduce<Selection>((at, name) => at.below(name), this));
    return merged;
  }

  /** The selection below the field, created if it is missing. */
  open(name: string): Selection {
    let below = this.fields.get(name);
    if (below === undefined) this.fields.set(name, (below = new Selection()));
    return below;
  }

  private merge(other: Selection): void {
    for (const [name, below] of other.fields) this.open(name).merge(below);
  }
}

/** Selections that do not depend on variables: the same for every request with the document. */
const known = new WeakMap<FieldNode, Selection>();
/** Selections that depend on variables, by the request's variables and the field's nodes. */
const knownByVariables = new WeakMap<object, WeakMap<readonly FieldNode[], Selection>>();

/** The selection below the field that is being resolved. */
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
