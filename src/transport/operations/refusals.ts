import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { DomainError } from '../../errors';
import { httpRefusal } from '../access/refusals';

/** A request that is not valid: its text does not parse, is not valid or lacks what was named, or its variables do not fit. */
export class InvalidOperation extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? 'The operation is not valid.');
    this.name = 'InvalidOperation';
  }
}

/** A new error about the whole text, with the code that Apollo Server gives its like. */
export function textError(message: string, code: string): GraphQLError {
  return withCode(new GraphQLError(message), code);
}

/** An error of graphql-js about a text, with the code that Apollo Server gives its like. */
export function withCode(error: GraphQLError, code: string): GraphQLError {
  // A copy would look up its place in the text once more.
  Object.assign(error.extensions, { code, http: { status: 400, headers: new HeaderMap() } });
  return error;
}

/** An error of ours as GraphQL has them, with the HTTP status and headers of a request of which nothing was executed. */
export function asGraphQLError(error: DomainError): GraphQLError {
  const { status, headers } = httpRefusal(error);
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) map.set(name, value);
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: { ...error.extensions, http: { status, headers: map } },
  });
}

/**
 * The errors that refuse a request, as GraphQL has them.
 * @throws anything that is no refusal, as it is
 */
export function refusalsOf(error: unknown): readonly GraphQLError[] {
  if (error instanceof InvalidOperation) return error.errors;
  if (error instanceof DomainError) return [asGraphQLError(error)];
  if (error instanceof GraphQLError) return [error];
  throw error;
}
