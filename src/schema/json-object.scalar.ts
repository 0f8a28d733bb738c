import { GraphQLError, GraphQLScalarType, Kind, type ObjectValueNode, type ValueNode } from 'graphql';
import { type Scalar, Unacceptable } from '../service/input-rules';
import type { JsonObject } from '../store/json-object';

type Variables = Readonly<Record<string, unknown>> | null | undefined;

const noObject = new Unacceptable('must be a JSON object.');

/** A JSON object, sent as an object and not as a string. */
export const JSONObjectScalar = new GraphQLScalarType<Scalar<JsonObject>, JsonObject>({
  name: 'JSONObject',
  description: 'A JSON object. Empty objects, nested nulls and key order survive a round trip.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value as JsonObject,
  parseValue: (value) => (isObject(value) ? value : noObject),
  parseLiteral: (node, variables) => (node.kind === Kind.OBJECT ? literalObject(node, variables) : noObject),
});

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An inline literal as JSON.parse would build it: with the ordinary prototype, and any name, even __proto__, as a plain key. */
function literalObject(node: ObjectValueNode, variables: Variables): JsonObject {
  const object: JsonObject = {};
  for (const { name, value } of node.fields) {
    const property = {
      value: literal(value, variables),
      enumerable: true,
      writable: true,
      configurable: true,
    };
    Object.defineProperty(object, name.value, property);
  }
  return object;
}

function literal(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      return literalObject(node, variables);
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables?.[node.name.value] ?? null;
    case Kind.ENUM:
      throw new GraphQLError(`JSONObject cannot hold ${node.value}: a string needs quotes.`, { nodes: node });
  }
}
