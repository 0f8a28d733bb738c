import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { type NeededScope, neededScopes } from '../access/field-scopes';
import { boundAnswer, fewJsonValues } from './answer-size';
import { compileForEvents, compileOperation, type RunForEvent } from './compile-operation';
import { type Cost, readCost, readJsonValues, readValues, type Variables } from './query-cost';
import { type RunOperation, runPlain } from './run-operation';
import { variableCheck } from './variable-check';
import { readWrites } from './write-count';

/** How many documents are cached, and the maximum length of one and of all, in UTF-16 units. */
const maxTexts = 1000;
const maxTextLength = 10_000;
const maxTotalLength = 500_000;
/** So many events and sessions, even with payloads of the maximum size, take little time to encode. */
const smallPage = 60;

/** An operation whose document has passed the limits and validation. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  /** @throws InvalidOperation if they do not match the declared types */
  checkVariables(this: void, variables: Variables): void;
  readonly cost: Cost;
  /** The maximum number of values in its response. */
  readonly values: Cost;
  /** Whether its response may take long to encode. */
  mayBeLarge(this: void, variables: Variables): boolean;
  /** The maximum number of events and sessions it writes. */
  readonly writes: Cost;
  /** Computed on first use. */
  scopes(): readonly NeededScope[];
  /** Runs it with graphql-js. */
  readonly plain: RunOperation;
  /** Compiled on first use; null for a subscription, or if it must run plain. */
  compiled(): RunOperation | null;
  /** The same for each event of a subscription; null for other operations. */
  compiledForEvents(): RunForEvent | null;
}

/**
 * Caches operations by document text and name. Every cached document has passed the limits and validation and need not
 * pass them again; only its cost depends on the variables. The oldest are evicted.
 */
export class OperationCache {
  /** By document text, oldest first; then by operation name. */
  private readonly texts = new Map<string, Map<string, PreparedOperation>>();
  private totalLength = 0;

  constructor(private readonly schema: GraphQLSchema) {}

  find(text: string, operationName: string | null | undefined): PreparedOperation | undefined {
    return this.texts.get(text)?.get(operationName ?? '');
  }

  /** Caches an operation, `node`, of a document that has just passed the limits and validation. */
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
    const cost = readCost(schema, document, node);
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
      cost,
      values: readValues(schema, document, node),
      mayBeLarge: (variables) => cost(variables) > smallPage || jsonValues(variables) > smallPage,
      writes: readWrites(schema, document, node),
      scopes: () => (scopes ??= neededScopes(schema, document, node)),
      plain: bounded((context, variables) => runPlain(schema, document, node, context, variables)),
      compiled() {
        // The compiler modifies the document, so it gets its own.
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
