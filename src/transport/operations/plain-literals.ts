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
 * What graphql-jit writes into the source of a compiled function in place of values that JSON cannot say. It finds
 * these marks again in the finished source, so a client that writes one into a string would have its own JavaScript run.
 */
const compilerMark = '__MAGIC_';

/**
 * Whether all values written in a document are ones that the compiler takes as they are meant. It writes them into a
 * function as JavaScript, where `__proto__` is not a key like any other and an object of a class becomes an ordinary one;
 * it does not look for variables in the literal of a custom scalar; and a variable without a value in an object or list
 * becomes null, not absent.
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
  /** How many objects and lists there are around, and how many of them are part of a custom scalar. */
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
   * What a custom scalar makes of a literal must be what JSON has, or a Date, which the compiler knows; but it does not
   * know one as the default of a variable.
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

/** Whether the compiler writes an object of this class as what it is. */
function isWritten(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype || prototype === null || value instanceof Date || Array.isArray(value)
  );
}
