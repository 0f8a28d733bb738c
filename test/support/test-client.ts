import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type GraphQLFormattedError, print } from 'graphql';

/** The answer to an operation, as it came. */
export interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** An operation that was answered with errors, thrown by `execute`. */
export class OperationFailed extends Error {
  constructor(readonly errors: readonly GraphQLFormattedError[]) {
    super(errors.map(({ message, extensions }) => `${String(extensions?.code)}: ${message}`).join('\n'));
    this.name = 'OperationFailed';
  }

  /** The code of the first error. */
  get code(): unknown {
    return this.errors[0]?.extensions?.code;
  }
}

/** A client of one server, over HTTP as any other. */
export class TestClient {
  constructor(readonly url: string) {}

  /**
   * Sends an operation and resolves to its data.
   * @throws OperationFailed where the answer has errors
   */
  async execute<Result, Variables>(
    document: TypedDocumentNode<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const { data, errors } = await this.send<Result>(print(document), variables);
    if (errors) throw new OperationFailed(errors);
    return data as Result;
  }

  /** Sends the text of an operation, right or wrong, and resolves to whatever is answered. */
  async send<Result = unknown>(query: string, variables?: unknown): Promise<Answer<Result>> {
    const response = await this.post(JSON.stringify({ query, variables }));
    return (await response.json()) as Answer<Result>;
  }

  /** Posts a body as it is. */
  post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  }

  /** Any request to this server. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, this.url), init);
  }
}
