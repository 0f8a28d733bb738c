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
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { listSizeOf, pageSizeOf } from './argument-sizes';

export type Variables = Readonly<Record<string, unknown>>;

/** The number of nodes an operation could read, given its variables. */
export type Cost = (variables: Variables) => number;

const nothing: Cost = () => 0;
const one: Cost = () => 1;

/** The cost of a root field that reads more than it returns. */
const prices: Readonly<Record<string, number>> = { sessionStatistics: 1000 };

/** The cost of `totalCount` with a filter or order, by the connection's type. */
const countPrices: Readonly<Record<string, number>> = { SessionConnection: 1000, EventConnection: 10 };

/**
 * The extra cost for each row of a page below a list with these arguments: they can be invalid in each row, and an error
 * costs more than a row.
 */
const rowPrices: Readonly<Record<string, number>> = { after: 100, before: 100, filter: 20 };

/** The approximate length of introspection lists, except that of all types. */
const introspectionList = 8;

/**
 * Computes how many nodes (sessions and events) a valid operation could read. A page counts its `first` or `last`,
 * multiplied by the pages around it; a list that depends on a list argument counts its length. Computed once for a
 * document; each request's variables only need a short sum.
 */
export function readCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  return read(new CostReader(schema, document, operation, 'nodes'), schema, operation);
}

/**
 * Computes how many values the response of a valid operation could have: leaf fields, in each of the rows that
 * {@link readCost} counts.
 */
export function readValues(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  return read(new CostReader(schema, document, operation, 'values'), schema, operation);
}

/** Computes how many values of a valid operation's response could be JSON objects. */
export function readJsonValues(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  return read(new CostReader(schema, document, operation, 'json'), schema, operation);
}

function read(
  reader: CostReader,
  schema: GraphQLSchema,
  { operation, selectionSet }: OperationDefinitionNode,
) {
  const root = schema.getRootType(operation);
  return root ? reader.selection(selectionSet, root, { listSize: one, isRow: false }) : nothing;
}

/** The context of a selection. */
interface Around {
  /** The maximum length of plain lists in it. */
  readonly listSize: Cost;
  /** Whether it is below a list. */
  readonly isRow: boolean;
}

class CostReader {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly known = new Map<string, Cost>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
    private readonly counted: 'nodes' | 'values' | 'json',
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  /** The cost of the selection in one object. */
  selection(selectionSet: SelectionSetNode, parent: GraphQLNamedType, around: Around): Cost {
    return sum(
      selectionSet.selections.map((selection) => {
        if (selection.kind === Kind.FIELD) return this.field(selection, parent, around);
        if (selection.kind === Kind.FRAGMENT_SPREAD) return this.fragment(selection.name.value, around);
        const type = selection.typeCondition?.name.value;
        return this.selection(selection.selectionSet, this.typeNamed(type) ?? parent, around);
      }),
    );
  }

  private field(node: FieldNode, parent: GraphQLNamedType, around: Around): Cost {
    const field = this.fieldOf(parent, node.name.value);
    const type = field && getNamedType(field.type);
    if (!field || !isCompositeType(type) || !node.selectionSet) return this.leaf(type);
    if (type.name.startsWith('__')) return this.introspection(field, node.selectionSet, type);
    const price = prices[field.name];
    if (price !== undefined && parent === this.schema.getQueryType()) return () => price;
    const own = this.counted === 'nodes' && this.isNode(type) ? one : nothing;
    const isList = isListType(getNullableType(field.type));
    const listSize = this.sizeOfListsIn(field, node);
    const inside = { listSize, isRow: around.isRow || isList };
    const each = sum([own, this.selection(node.selectionSet, type, inside)]);
    if (isPaged(field)) return this.page(node, type, each, around);
    if (!isList) return each;
    return product(field.args.length > 0 ? listSize : around.listSize, each);
  }

  private leaf(type: GraphQLNamedType | undefined): Cost {
    if (this.counted === 'values') return one;
    return this.counted === 'json' && type?.name === 'JSONObject' ? one : nothing;
  }

  private fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  }

  /** Introspection reads no node, and the schema bounds its values. */
  private introspection(
    field: GraphQLField<unknown, unknown>,
    selectionSet: SelectionSetNode,
    type: GraphQLNamedType,
  ): Cost {
    if (this.counted !== 'values') return nothing;
    const each = this.selection(selectionSet, type, { listSize: one, isRow: false });
    if (!isListType(getNullableType(field.type))) return each;
    const size = field.name === 'types' ? Object.keys(this.schema.getTypeMap()).length : introspectionList;
    return product(() => size, each);
  }

  private page(node: FieldNode, type: GraphQLNamedType, each: Cost, { isRow }: Around): Cost {
    const size = pageSizeOf(node, this.operation);
    const price = this.counted === 'nodes' ? this.priceOf(node, type, isRow) : 0;
    // The size is read even if nothing is multiplied by it, because it may be invalid.
    return (variables) => size(variables) * each(variables) + price;
  }

  private priceOf(node: FieldNode, type: GraphQLNamedType, isRow: boolean): number {
    const names = node.arguments?.map(({ name }) => name.value) ?? [];
    const isCounted = names.some((name) => name === 'filter' || name === 'orderBy');
    const count = isCounted && this.selects('totalCount', node.selectionSet) ? countPrices[type.name] : 0;
    return names.reduce((sum, name) => sum + ((isRow && rowPrices[name]) || 0), count ?? 0);
  }

  /** Whether a field is selected, directly or in a fragment. */
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

  private fragment(name: string, around: Around): Cost {
    const fragment = this.fragments.get(name);
    const type = this.typeNamed(fragment?.typeCondition.name.value);
    if (!fragment || !type) return nothing;
    // Only a field's own selection can have a list that depends on its arguments.
    const key = `${name}${around.listSize === one ? '' : ' with list'}${around.isRow ? ' in rows' : ''}`;
    const known = this.known.get(key);
    if (known) return known;
    // A placeholder for a recursive fragment, which validation refuses.
    this.known.set(key, nothing);
    const cost = rememberLast(this.selection(fragment.selectionSet, type, around));
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

/** Without this cache, fragments that double each other would take exponential time. */
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
