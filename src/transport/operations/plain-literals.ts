import {
  type ASTVisitor,
  type DocumentNode,
  getNamedType,
  type GraphQLScalarType,
  type GraphQLSchema,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  TypeInfo,
  type ValueNode,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * The placeholders that graphql-jit writes into generated source for values that JSON cannot express. It replaces them in
 * the finished source, so a client that put one into a string would have its own JavaScript run.
 */
const compilerMark = '__MAGIC_';

/**
 * Whether the compiler keeps the meaning of all literals of a document. It writes them into a function as JavaScript, where
 * `__proto__` is a special key and an object of a class becomes an ordinary one; it ignores variables in the literal of a
 * custom scalar; and a missing variable in an object or list becomes null instead of absent.
 */
export function hasPlainLiterals(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: readonly VariableDefinitionNode[],
): boolean {
  const types = new TypeInfo(schema);
  const check = new LiteralCheck(types, new Set(variables.filter(isAlwaysGiven).map(nameOf)));
  visit(document, visitWithTypeInfo(types, check.visitor));
  return check.plain;
}

function isAlwaysGiven({ type, defaultValue }: VariableDefinitionNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE || defaultValue !== undefined;
}

function nameOf({ variable }: VariableDefinitionNode): string {
  return variable.name.value;
}

class LiteralCheck {
  plain = true;
  /** The number of enclosing objects and lists, and how many of them are part of a custom scalar. */
  private around = 0;
  private aroundCustom = 0;
  private inDefinition = false;

  constructor(
    private readonly types: TypeInfo,
    private readonly alwaysGiven: ReadonlySet<string>,
  ) {}

  readonly visitor: ASTVisitor = {
    VariableDefinition: {
      enter: () => void (this.inDefinition = true),
      leave: () => void (this.inDefinition = false),
    },
    ObjectValue: { enter: (node) => this.enter(node), leave: () => this.leave() },
    ListValue: { enter: (node) => this.enter(node), leave: () => this.leave() },
    StringValue: (node) => this.checkText(node.value) && this.checkScalar(node),
    IntValue: (node) => this.checkScalar(node),
    FloatValue: (node) => this.checkScalar(node),
    BooleanValue: (node) => this.checkScalar(node),
    EnumValue: (node) => this.checkScalar(node),
    Name: ({ value }) => void this.checkText(value),
    ObjectField: ({ name }) => this.require(name.value !== '__proto__'),
    Variable: ({ name }) =>
      this.require(this.around === 0 || (this.aroundCustom === 0 && this.alwaysGiven.has(name.value))),
  };

  private enter(node: ValueNode): void {
    this.checkScalar(node);
    this.around += 1;
    if (this.aroundCustom > 0 || this.customScalar()) this.aroundCustom += 1;
  }

  private leave(): void {
    this.around -= 1;
    if (this.aroundCustom > 0) this.aroundCustom -= 1;
  }

  private checkText(text: string): boolean {
    this.plain &&= !text.includes(compilerMark);
    return this.plain;
  }

  /**
   * The value that a custom scalar parses from a literal must be JSON or a Date, which the compiler supports, but not as
   * the default of a variable.
   */
  private checkScalar(node: ValueNode): void {
    const scalar = this.aroundCustom > 0 ? null : this.customScalar();
    if (!scalar || !this.plain) return;
    if (this.inDefinition) return this.require(false);
    const value: unknown = scalar.parseLiteral(node, {});
    this.require(typeof value !== 'object' || value === null || isWritten(value));
  }

  private require(condition: boolean): void {
    this.plain &&= condition;
  }

  private customScalar(): GraphQLScalarType | null {
    const type = getNamedType(this.types.getInputType());
    return isScalarType(type) && !isSpecifiedScalarType(type) ? type : null;
  }
}

/** Whether the compiler preserves objects of this class. */
function isWritten(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype || prototype === null || value instanceof Date || Array.isArray(value)
  );
}
