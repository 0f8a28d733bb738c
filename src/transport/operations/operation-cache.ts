import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { type NeededScope, neededScopes } from '../access/field-scopes';
import { boundAnswer, fewJsonValues } from './answer-size';
import { compileForEvents, compileOperation, type RunForEvent } from './compile-operation';
import { type Cost, readCost, readJsonValues, readValues, type Variables } from './query-cost';
import { type RunOperation, runPlain } from './run-operation';
import { variableCheck } from './variable-check';
import { readWrites } from './write-count';

/** How many texts are remembered, and how long (in UTF-16 units) one and all of them may be. */
const maxTexts = 1000;
const maxTextLength = 10_000;
const maxTotalLength = 500_000;

/** An operation whose text has passed its limits and validation. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /** @throws InvalidOperation if they do not fit what the operation declares */
  checkVariables(this: void, variables: Variables): void;
  readonly cost: Cost;
  /** How many values its answer could have. */
  readonly values: Cost;
  /** How many events or sessions it may write. */
  readonly writes: Cost;
  /** Read when first asked for. */
  scopes(): readonly NeededScope[];
  /** Runs it as the reference implementation does. */
  readonly plain: RunOperation;
  /** Compiled when first asked for; null for a subscription, and where only plain execution will do. */
  compiled(): RunOperation | null;
  /** The same for what a subscription selects of each event; null for other operations. */
  compiledForEvents(): RunForEvent | null;
}

/**
 * The operations that clients send again and again, by their text and name. Nothing is in here whose text has not
 * passed its limits and the whole of validation, so it need not pass them again; only its cost goes by its variables.
 * The oldest make room, and are learned anew when they come again.
 */
export class OperationCache {
  /** By text, oldest first; then by operation name. */
  private readonly texts = new Map<string, Map<string, PreparedOperation>>();
  private totalLength = 0;

  constructor(private readonly schema: GraphQLSchema) {}

  find(text: string, operationName: string | null | undefined): PreparedOperation | undefined {
    return this.texts.get(text)?.get(operationName ?? '');
  }

  /** Remembers an operation, `node`, of a document that has just passed its limits and validation. */
  learn(
    text: string,
    operationName: string | null | undefined,
    document: DocumentNode,
    node: OperationDefinitionNode,
  ): PreparedOperation {
    const operation = this.know(text, document, node);
    if (text.length > maxTextLength) return operation;
    const operations = this.texts.get(text) ?? new Map<string, PreparedOperation>();
    operations.set(operationName ?? '', operation);
    this.forget(text);
    this.texts.set(text, operations);
    this.totalLength += text.length;
    this.makeRoom();
    return operation;
  }

  private know(text: string, document: DocumentNode, node: OperationDefinitionNode): PreparedOperation {
    const { schema } = this;
    const jsonValues = readJsonValues(schema, document, node);
    const bounded = (run: RunOperation): RunOperation => {
      return (context, variables) =>
        jsonValues(variables ?? {}) <= fewJsonValues
          ? run(context, variables)
          : boundAnswer(run(context, variables));
    };
    let scopes: readonly NeededScope[] | undefined;
    let compiled: RunOperation | null | undefined;
    let forEvents: RunForEvent | null | undefined;
    return {
      document,
      node,
      checkVariables: variableCheck(schema, document, node),
      cost: readCost(schema, document, node),
      values: readValues(schema, document, node),
      writes: readWrites(schema, document, node),
      scopes: () => (scopes ??= neededScopes(schema, document, node)),
      plain: bounded((context, variables) => runPlain(schema, document, node, context, variables)),
      compiled() {
        // The compiler writes into the document it is given, so it gets one of its own.
        if (compiled === undefined) {
          const run = compileOperation(schema, parse(text), node);
          compiled = run && bounded(run);
        }
        return compiled;
      },
      compiledForEvents() {
        if (forEvents === undefined) forEvents = compileForEvents(schema, parse(text), node);
        return forEvents;
      },
    };
  }

  private makeRoom(): void {
    for (const text of this.texts.keys()) {
      if (this.texts.size <= maxTexts && this.totalLength <= maxTotalLength) return;
      this.forget(text);
    }
  }

  private forget(text: string): void {
    if (this.texts.delete(text)) this.totalLength -= text.length;
  }
}
