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

/** What one event answers. */
export interface Answer {
  readonly body: FormattedExecutionResult;
  /** To be released when the answer has been sent; null if it holds nothing that counts. */
  readonly scope: OperationScope | null;
}

export interface ResultMaker {
  readonly schema: GraphQLSchema;
  /** The bounds and the context of one execution: not a subscriber's own, because the answer is for all of them. */
  createScope(): OperationScope;
  createContext(scope: OperationScope): RequestContext;
  /** What clients may see of a result. */
  format(result: ExecutionResult): FormattedExecutionResult;
  /** Whether operations run compiled where they can. */
  readonly compiles: boolean;
}

/**
 * What a subscription answers to its events, shared by all subscribers whose selections are the same: worked out once
 * for each event, not once for each subscriber.
 */
export class SharedResults {
  private readonly answers = new WeakMap<object, Answer | Promise<Answer>>();

  constructor(
    private readonly operation: PreparedOperation,
    private readonly variables: Variables,
    private readonly maker: ResultMaker,
  ) {}

  /** The answer to an event, which is told from others as an object. */
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
    // Too large to be kept for others: it is held by whoever it is sent to, and no longer.
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

/** What execution could not tell by itself, as an error of the result: the subscription goes on. */
function failureOf(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

interface Selections {
  /** The variables that are used anywhere but in the arguments of the subscription's own field. */
  readonly variables: readonly string[];
  readonly byValues: Map<string, WeakRef<SharedResults>>;
}

/** The shared results of all subscriptions of a process; they last as long as anyone uses them. */
export class SharedResultsPool {
  private readonly selections = new WeakMap<PreparedOperation, Selections>();

  constructor(private readonly maker: ResultMaker) {}

  /** The results for one more subscriber. Which session it follows, and from where, makes no difference. */
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
