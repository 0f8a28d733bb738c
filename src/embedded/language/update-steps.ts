import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { compareStrings } from './compare';
import { MongoError } from './errors';
import { formatField } from './message-format';
import { ARRAY_MODIFIERS } from './update-array-modifiers';
import { setter, VALUE_MODIFIERS } from './update-modifiers';
import { isDynamic, Modifier } from './update-path';

/** One operator on one path; a `$rename` stands at its destination. */
export interface Step {
  readonly path: readonly string[];
  readonly modifier: Modifier;
  readonly renamedFrom?: readonly string[];
}

const PARSERS = { ...VALUE_MODIFIERS, ...ARRAY_MODIFIERS };

/**
 * Reads update operators into steps, in the order in which MongoDB runs them.
 * @throws MongoError FailedToParse (9), EmptyFieldName (56), ConflictingUpdateOperators (40) and others
 */
export function parseSteps(update: BsonDocument): Step[] {
  const steps: Step[] = [];
  const taken: string[] = [];
  for (const [operator, fields] of update) {
    for (const [name, operand] of checkFields(operator, fields)) {
      const step = parseStep(operator, name, operand);
      for (const path of step.renamedFrom ? [step.renamedFrom, step.path] : [step.path])
        takePath(taken, path);
      steps.push(step);
    }
  }
  return steps.sort((a, b) => comparePaths(a.path, b.path));
}

function checkFields(operator: string, fields: BsonValue): BsonDocument {
  if (operator === '$bit') throw new MongoError(238, '$bit is not supported');
  if (operator !== '$rename' && !Object.hasOwn(PARSERS, operator)) {
    throw new MongoError(
      9,
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!isDocument(fields)) {
    throw new MongoError(
      9,
      `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: ` +
        `{$mod: {<field>: ...}} not {${formatField(operator, fields)}}`,
    );
  }
  if (fields.size === 0) {
    throw new MongoError(
      9,
      `'${operator}' is empty. You must specify a field like so: {${operator}: {<field>: ...}}`,
    );
  }
  return fields;
}

function parseStep(operator: string, name: string, operand: BsonValue): Step {
  const path = parseUpdatePath(name);
  if (operator === '$rename') return parseRename(path, name, operand);
  return { path, modifier: PARSERS[operator]!(operand, name) };
}

function parseUpdatePath(name: string): string[] {
  if (name === '') throw new MongoError(56, 'An empty update path is not valid.');
  const path = name.includes('.') ? name.split('.') : [name];
  if (path.includes('')) {
    throw new MongoError(56, `The update path '${name}' contains an empty field name, which is not allowed.`);
  }
  if (isDynamic(path[0]!)) {
    const kind = path[0] === '$' ? "positional (i.e. '$')" : "array filter identifier (i.e. '$[<id>]')";
    throw new MongoError(2, `Cannot have ${kind} element in the first position in path '${name}'`);
  }
  if (path.filter((part) => part === '$').length > 1) {
    throw new MongoError(2, `Too many positional (i.e. '$') elements found in path '${name}'`);
  }
  return path;
}

function parseRename(renamedFrom: string[], name: string, operand: BsonValue): Step {
  if (typeof operand !== 'string') {
    throw new MongoError(2, `The 'to' field for $rename must be a string: ${formatField(name, operand)}`);
  }
  const path = parseUpdatePath(operand);
  if (operand === name) {
    throw new MongoError(
      2,
      `The source and target field for $rename must differ: ${formatField(name, operand)}`,
    );
  }
  if (`${operand}.`.startsWith(`${name}.`) || `${name}.`.startsWith(`${operand}.`)) {
    throw new MongoError(
      2,
      `The source and target field for $rename must not be on the same path: ${formatField(name, operand)}`,
    );
  }
  if (renamedFrom.some(isDynamic)) {
    throw new MongoError(2, `The source field for $rename may not be dynamic: ${name}`);
  }
  if (path.some(isDynamic)) {
    throw new MongoError(2, `The destination field for $rename may not be dynamic: ${operand}`);
  }
  return { path, renamedFrom, modifier: setter('$rename', null) };
}

function takePath(taken: string[], parts: readonly string[]): void {
  const path = parts.length === 1 ? parts[0]! : parts.join('.');
  for (const other of taken) {
    const [shorter, longer] = other.length < path.length ? [other, path] : [path, other];
    if (longer === shorter || (longer.startsWith(shorter) && longer[shorter.length] === '.')) {
      throw new MongoError(40, `Updating the path '${path}' would create a conflict at '${shorter}'`);
    }
  }
  taken.push(path);
}

/** MongoDB runs an update's steps in the order of their paths, which decides where new fields stand. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareStrings(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
