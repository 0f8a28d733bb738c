import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from './bson-value';
import { MongoError } from './errors';
import { compileExpression } from './expression';
import { Expression } from './expression-scope';
import { FilterNode, parseFilter } from './filter';
import { isTrue } from './filter-operands';
import { formatField } from './message-format';
import { parseFieldPath } from './path';
import { parseSlice, Slice } from './projection-slice';

/** What a projection does with one field, or with the fields inside it. */
export type ProjectionNode =
  | { kind: 'include' | 'exclude' | 'positional' }
  | { kind: 'inside'; children: Map<string, ProjectionNode> }
  | { kind: 'computed'; expression: Expression }
  | ({ kind: 'slice' } & Slice)
  | { kind: 'elemMatch'; filter: FilterNode };

/** A projection, parsed: whether fields that it does not name stay out or in, and what it says of the others. */
export interface ParsedProjection {
  readonly type: 'inclusion' | 'exclusion';
  readonly root: Map<string, ProjectionNode>;
}

/** `find` has operators that `$project` has not: `$slice`, `$elemMatch` and the positional `$`. */
export type ProjectionLanguage = 'find' | 'aggregate';

/**
 * Reads a projection.
 * @throws MongoError 31249, 31250, 31253, 31254 and others, in MongoDB's words
 */
export function parseProjection(spec: BsonDocument, language: ProjectionLanguage): ParsedProjection {
  const parser = new ProjectionParser(language);
  for (const [name, value] of spec) parser.parse(name, value, parser.root, true);
  return parser.finish();
}

class ProjectionParser {
  readonly root = new Map<string, ProjectionNode>();
  private type: 'inclusion' | 'exclusion' | null = null;
  private id: 'included' | 'excluded' | null = null;

  constructor(private readonly language: ProjectionLanguage) {}

  parse(name: string, value: BsonValue, parent: Map<string, ProjectionNode>, isRoot: boolean): void {
    const isId = isRoot && name === '_id';
    if (isDocument(value)) return this.parseDocument(name, value, parent, isRoot);
    if (!isNumber(value) && typeof value !== 'boolean') {
      addNode(parent, name, { kind: 'computed', expression: compileExpression(value) });
      if (this.type === 'exclusion') {
        throw new MongoError(
          31310,
          `Cannot use an expression ${formatField(name, value)} in an exclusion projection`,
        );
      }
      this.type = 'inclusion';
      return;
    }
    if (isTrue(value)) this.include(name, parent, isId);
    else this.exclude(name, parent, isId);
  }

  finish(): ParsedProjection {
    const type = this.type ?? this.defaultType();
    if (type === 'inclusion' && !this.root.has('_id')) this.root.set('_id', { kind: 'include' });
    if (type === 'exclusion' && this.id === 'included') this.root.delete('_id');
    return { type, root: this.root };
  }

  private include(name: string, parent: Map<string, ProjectionNode>, isId: boolean): void {
    if (/(^|\.)\$$/.test(name)) this.addPositional(name, parent);
    else addNode(parent, name, { kind: 'include' });
    if (isId) return void (this.id = 'included');
    if (this.type === 'exclusion') {
      throw new MongoError(31253, `Cannot do inclusion on field ${name} in exclusion projection`);
    }
    this.type = 'inclusion';
  }

  private addPositional(name: string, parent: Map<string, ProjectionNode>): void {
    if (this.language === 'aggregate') {
      throw new MongoError(31324, 'Cannot use positional projection in aggregation projection');
    }
    addNode(parent, name.slice(0, -2), { kind: 'positional' });
  }

  private exclude(name: string, parent: Map<string, ProjectionNode>, isId: boolean): void {
    addNode(parent, name, { kind: 'exclude' });
    if (isId) return void (this.id = 'excluded');
    if (this.type === 'inclusion') {
      throw new MongoError(31254, `Cannot do exclusion on field ${name} in inclusion projection`);
    }
    this.type = 'exclusion';
  }

  private parseDocument(
    name: string,
    value: BsonDocument,
    parent: Map<string, ProjectionNode>,
    isRoot: boolean,
  ): void {
    const [operator, operand] = value.entries().next().value ?? [];
    if (operator === undefined || operand === undefined) {
      throw new MongoError(
        51270,
        `An empty sub-projection is not a valid value. Found empty object at path ${name}`,
      );
    }
    if (value.size === 1 && operator.startsWith('$')) {
      return this.parseOperator(name, value, operator, operand, parent, isRoot);
    }
    const children = new Map<string, ProjectionNode>();
    addNode(parent, name, { kind: 'inside', children });
    for (const [inner, innerValue] of value) this.parse(inner, innerValue, children, false);
  }

  private parseOperator(
    name: string,
    value: BsonDocument,
    operator: string,
    operand: BsonValue,
    parent: Map<string, ProjectionNode>,
    isRoot: boolean,
  ): void {
    if (operator === '$slice' && this.language === 'find') {
      return addNode(parent, name, { kind: 'slice', ...parseSlice(operand) });
    }
    if (operator === '$elemMatch') {
      return addNode(parent, name, this.parseElemMatch(name, value, operand, isRoot));
    }
    if (operator === '$meta') throw new MongoError(238, '$meta is not supported');
    if (this.type === 'exclusion') {
      throw new MongoError(31252, 'Cannot use expression other than $meta in exclusion projection');
    }
    this.type = 'inclusion';
    addNode(parent, name, { kind: 'computed', expression: compileKnown(value, operator) });
  }

  private parseElemMatch(
    name: string,
    value: BsonDocument,
    operand: BsonValue,
    isRoot: boolean,
  ): ProjectionNode {
    if (this.language === 'aggregate') throw new MongoError(168, 'Cannot use $elemMatch in this context');
    if (!isDocument(operand)) {
      throw new MongoError(
        31274,
        `elemMatch: Invalid argument, object required, but got ${typeName(operand)}`,
      );
    }
    if (!isRoot || name.includes('.')) {
      throw new MongoError(31275, 'Cannot use $elemMatch projection on a nested field.');
    }
    return { kind: 'elemMatch', filter: parseFilter(new Map([[name, value]])) };
  }

  /** What a projection is that says nothing but of `_id`, `$slice` and `$elemMatch`. */
  private defaultType(): 'inclusion' | 'exclusion' {
    const kinds = [...this.root.values()].map(({ kind }) => kind);
    if (kinds.includes('slice')) return this.id === 'included' ? 'inclusion' : 'exclusion';
    return kinds.includes('elemMatch') || this.id === 'included' ? 'inclusion' : 'exclusion';
  }
}

function compileKnown(value: BsonDocument, operator: string): Expression {
  try {
    return compileExpression(value);
  } catch (error) {
    if (!(error instanceof MongoError) || error.code !== 168) throw error;
    throw new MongoError(31325, `Unknown expression ${operator}`);
  }
}

/**
 * Puts a node under a path.
 * @throws MongoError 31249, 31250 where another is in the way
 */
export function addNode(parent: Map<string, ProjectionNode>, path: string, node: ProjectionNode): void {
  const names = parseFieldPath(path);
  const last = names.pop()!;
  let children = parent;
  for (const name of names) {
    const inner: ProjectionNode = children.get(name) ?? { kind: 'inside', children: new Map() };
    if (inner.kind !== 'inside') {
      const remaining = path.slice(path.indexOf('.') + 1);
      throw new MongoError(31249, `Path collision at ${path} remaining portion ${remaining}`);
    }
    children.set(name, inner);
    children = inner.children;
  }
  if (children.has(last)) throw new MongoError(31250, `Path collision at ${path}`);
  children.set(last, node);
}
