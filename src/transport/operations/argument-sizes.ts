import {
  type FieldNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { checkPageSize } from '../../service/page';

type Variables = Readonly<Record<string, unknown>>;
type Size = (variables: Variables) => number;

/**
 * The maximum number of rows of a paged field, from its `first` and `last`. Invalid sizes are refused here, once and before
 * anything runs, because the field would report them in each row around it.
 * @throws BAD_USER_INPUT that names the invalid argument
 */
export function pageSizeOf(node: FieldNode, operation: OperationDefinitionNode): Size {
  const first = argumentReader(node, 'first', operation);
  const last = argumentReader(node, 'last', operation);
  return (variables) => checkPageSize({ first: sizeIn(first(variables)), last: sizeIn(last(variables)) });
}

/** Literals are not coerced yet. */
function sizeIn(value: unknown): number | null {
  return value == null ? null : Number(value);
}

/** The maximum length of a list that depends on arguments: that of the longest list sent, at least 1. */
export function listSizeOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  operation: OperationDefinitionNode,
): Size {
  const lengths = field.args.flatMap((argument) => {
    const read = argumentReader(node, argument.name, operation);
    return pathsOfLists(argument.type).map(
      (path) => (variables: Variables) => lengthAt(read(variables), path),
    );
  });
  if (lengths.length === 0) return one;
  return (variables) => Math.max(1, ...lengths.map((length) => length(variables)));
}

const one: Size = () => 1;

type Read = (variables: Variables) => unknown;

/** Reads the value of an argument, given a request's variables; undefined if it is absent. */
function argumentReader(node: FieldNode, name: string, operation: OperationDefinitionNode): Read {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  if (!value) return () => undefined;
  const defaults = defaultsOf(operation);
  if (value.kind === Kind.VARIABLE) {
    const variable = value.name.value;
    return (variables) => (Object.hasOwn(variables, variable) ? variables[variable] : defaults[variable]);
  }
  return (variables) => valueFromASTUntyped(value, { ...defaults, ...variables });
}

function defaultsOf(operation: OperationDefinitionNode): Variables {
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  return defaults;
}

type Path = readonly string[];

/** The paths to lists in an argument of this type, without those inside lists or deeper in recursive inputs. */
function pathsOfLists(type: GraphQLInputType, around: readonly string[] = []): Path[] {
  if (isListType(getNullableType(type))) return [[]];
  const named = getNamedType(type);
  if (!isInputObjectType(named) || around.includes(named.name)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    pathsOfLists(field.type, [...around, named.name]).map((path) => [field.name, ...path]),
  );
}

function lengthAt(value: unknown, path: Path): number {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return 0;
    here = (here as Record<string, unknown>)[name];
  }
  return Array.isArray(here) ? here.length : 0;
}
