import {
  execute,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { RequestContext } from '../../schema/request-context';
import type { PreparedOperation } from '../operations/operation-cache';
import type { Variables } from '../operations/query-cost';
import type { OperationScope } from './operation-scope';

/** The result for one event. */
export interface Answer {
  readonly body: FormattedExecutionResult;
  /** Release it when the result has been sent; null if it is too small to count. */
  readonly scope: OperationScope | null;
}

export interface ResultMaker {
  readonly schema: GraphQLSchema;
  /** The limits and context of one execution, independent of any subscriber, because all share the result. */
  createScope(): OperationScope;
  createContext(scope: OperationScope): RequestContext;
  /** Formats a result for clients. */
  format(result: ExecutionResult): FormattedExecutionResult;
  /** Whether operations run compiled if possible. */
  readonly compiles: boolean;
}

/**
 * The results of a subscription, shared by all subscribers with the same selection: computed once for each event, not for
 * each subscriber.
 */
export class SharedResults {
  private readonly answers = new WeakMap<object, Answer | Promise<Answer>>();

  constructor(
    private readonly operation: PreparedOperation,
    private readonly variables: Variables,
    private readonly maker: ResultMaker,
  ) {}

  /** The result for an event, cached by object identity. */
  of(event: object): Answer | Promise<Answer> {
    let answer = this.answers.get(event);
    if (answer === undefined) {
      answer = this.answer(event);
      this.answers.set(event, answer);
    }
    return answer;
  }

  private answer(event: object): Answer | Promise<Answer> {
    const scope = this.maker.createScope();
    const settle = (result: ExecutionResult) => this.settle(event, result, scope);
    const fail = (error: unknown) => settle({ errors: [failureOf(error)] });
    try {
      const result = this.run(event, scope);
      return result instanceof Promise ? scope.within(result).then(settle, fail) : settle(result);
    } catch (error) {
      return fail(error);
    }
  }

  private settle(event: object, result: ExecutionResult, scope: OperationScope): Answer {
    const body = this.maker.format(result);
    if (!scope.isLarge) return { body, scope: null };
    // Too large to cache: only the subscribers it is sent to hold it.
    this.answers.delete(event);
    return { body, scope };
  }

  private run(event: object, scope: OperationScope): ExecutionResult | Promise<ExecutionResult> {
    const { operation, variables, maker } = this;
    const contextValue = maker.createContext(scope);
    const runCompiled = maker.compiles ? operation.compiledForEvents() : null;
    if (runCompiled !== null) return runCompiled(event, contextValue, variables);
    return execute({
      schema: maker.schema,
      document: operation.document,
      operationName: operation.node.name?.value,
      rootValue: event,
      contextValue,
      variableValues: variables,
    }) as ExecutionResult | Promise<ExecutionResult>;
  }
}

/** A failed execution, as an error of the result: the subscription continues. */
function failureOf(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

interface Selections {
  /** The variables used outside the arguments of the subscription's root field. */
  readonly variables: readonly string[];
  readonly byValues: Map<string, WeakRef<SharedResults>>;
}

/** The shared results of all subscriptions of a process, kept while in use. */
export class SharedResultsPool {
  private readonly selections = new WeakMap<PreparedOperation, Selections>();

  constructor(private readonly maker: ResultMaker) {}

  /** The results for one more subscriber, independent of its session and position. */
  get(operation: PreparedOperation, variables: Variables): SharedResults {
    const { variables: names, byValues } = this.selectionsOf(operation);
    const key = JSON.stringify(names.map((name) => variables[name]));
    const known = byValues.get(key)?.deref();
    if (known !== undefined) return known;
    for (const [other, results] of byValues) if (results.deref() === undefined) byValues.delete(other);
    const results = new SharedResults(operation, variables, this.maker);
    byValues.set(key, new WeakRef(results));
    return results;
  }

  private selectionsOf(operation: PreparedOperation): Selections {
    let selections = this.selections.get(operation);
    if (selections === undefined) {
      selections = { variables: variablesOf(this.maker.schema, operation), byValues: new Map() };
      this.selections.set(operation, selections);
    }
    return selections;
  }
}

function variablesOf(schema: GraphQLSchema, { document }: PreparedOperation): string[] {
  const names = new Set<string>();
  const types = new TypeInfo(schema);
  const visitor = {
    VariableDefinition: () => false as const,
    Argument: () => (types.getParentType() === schema.getSubscriptionType() ? (false as const) : undefined),
    Variable: ({ name }: { name: { value: string } }) => void names.add(name.value),
  };
  visit(document, visitWithTypeInfo(types, visitor));
  return [...names].sort();
}
