import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { listSizeOf, pageSizeOf } from './argument-sizes';

export type Variables = Readonly<Record<string, unknown>>;

/** How many nodes an operation could touch, given its variables. */
export type Cost = (variables: Variables) => number;

const nothing: Cost = () => 0;
const one: Cost = () => 1;

/** What a root field costs that looks at more than it answers with. */
const prices: Readonly<Record<string, number>> = { sessionStatistics: 1000 };

/** What `totalCount` costs where a filter or an order says what is to be counted, by the connection's type. */
const countPrices: Readonly<Record<string, number>> = { SessionConnection: 1000, EventConnection: 10 };

/**
 * Reads from a valid operation how many nodes (sessions and events) it could touch: a page counts as many as its
 * `first` or `last` asks for, a page within pages that many times over, a list that answers a list in the arguments as
 * many as were sent. Read once for a document; with each request's variables it is a short sum.
 */
export function readCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const root = schema.getRootType(operation.operation);
  if (!root) return nothing;
  return new CostReader(schema, document, operation).selection(operation.selectionSet, root, one);
}

class CostReader {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly known = new Map<string, Cost>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  /** The cost of what is selected in one object; `listSize` is how long the plain lists in it may be. */
  selection(selectionSet: SelectionSetNode, parent: GraphQLNamedType, listSize: Cost): Cost {
    return sum(
      selectionSet.selections.map((selection) => {
        if (selection.kind === Kind.FIELD) return this.field(selection, parent, listSize);
        if (selection.kind === Kind.FRAGMENT_SPREAD) return this.fragment(selection.name.value, listSize);
        const type = selection.typeCondition?.name.value;
        return this.selection(selection.selectionSet, this.typeNamed(type) ?? parent, listSize);
      }),
    );
  }

  private field(node: FieldNode, parent: GraphQLNamedType, listSize: Cost): Cost {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    const type = field && getNamedType(field.type);
    // Introspection is bounded by the schema.
    if (!field || !isCompositeType(type) || !node.selectionSet) return nothing;
    const price = prices[field.name];
    if (price !== undefined && parent === this.schema.getQueryType()) return () => price;
    const own = this.isNode(type) ? one : nothing;
    const sizeOfLists = this.sizeOfListsIn(field, node);
    const each = sum([own, this.selection(node.selectionSet, type, sizeOfLists)]);
    if (isPaged(field)) return this.page(node, type, each);
    if (!isListType(getNullableType(field.type))) return each;
    return product(field.args.length > 0 ? sizeOfLists : listSize, each);
  }

  private page(node: FieldNode, type: GraphQLNamedType, each: Cost): Cost {
    const size = pageSizeOf(node, this.operation);
    const counted = node.arguments?.some(({ name }) => name.value === 'filter' || name.value === 'orderBy');
    const price =
      counted && this.selects('totalCount', node.selectionSet) ? (countPrices[type.name] ?? 0) : 0;
    // The size is asked for even where nothing is multiplied by it: it may be one that is refused.
    return (variables) => size(variables) * each(variables) + price;
  }

  /** Whether an object is asked for a field, in its own selection or in a fragment. */
  private selects(field: string, selectionSet: SelectionSetNode | undefined): boolean {
    return (selectionSet?.selections ?? []).some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === field;
      return this.selects(
        field,
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : this.fragments.get(selection.name.value)?.selectionSet,
      );
    });
  }

  private fragment(name: string, listSize: Cost): Cost {
    const fragment = this.fragments.get(name);
    const type = this.typeNamed(fragment?.typeCondition.name.value);
    if (!fragment || !type) return nothing;
    // Only a field's own selection can hold a list that answers its arguments.
    const key = listSize === one ? name : `${name} with list`;
    const known = this.known.get(key);
    if (known) return known;
    // What stands for a fragment inside itself, which validation refuses.
    this.known.set(key, nothing);
    const cost = rememberLast(this.selection(fragment.selectionSet, type, listSize));
    this.known.set(key, cost);
    return cost;
  }

  private sizeOfListsIn(field: GraphQLField<unknown, unknown>, node: FieldNode): Cost {
    return isPaged(field) ? one : listSizeOf(field, node, this.operation);
  }

  private isNode(type: GraphQLNamedType): boolean {
    if (isAbstractType(type)) return type.name === 'Node';
    return isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node');
  }

  private typeNamed(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : this.schema.getType(name);
  }
}

function isPaged(field: GraphQLField<unknown, unknown>): boolean {
  return field.args.some(({ name }) => name === 'first') && field.args.some(({ name }) => name === 'last');
}

function sum(costs: readonly Cost[]): Cost {
  const terms = costs.filter((cost) => cost !== nothing);
  if (terms.length < 2) return terms[0] ?? nothing;
  return (variables) => terms.reduce((total, cost) => total + cost(variables), 0);
}

function product(factor: Cost, cost: Cost): Cost {
  if (cost === nothing || factor === one) return cost;
  return (variables) => factor(variables) * cost(variables);
}

/** Fragments that double each other would otherwise take time with two to the power of their number. */
function rememberLast(cost: Cost): Cost {
  let lastVariables: Variables | undefined;
  let last = 0;
  return (variables) => {
    if (variables !== lastVariables) {
      last = cost(variables);
      lastVariables = variables;
    }
    return last;
  };
}
