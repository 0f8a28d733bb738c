import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { DomainError } from '../../errors';
import { httpRefusal } from '../access/refusals';

/** An invalid request: the document does not parse, is invalid or lacks the named operation, or the variables are invalid. */
export class InvalidOperation extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? 'The operation is invalid.');
    this.name = 'InvalidOperation';
  }
}

/** An error about the whole document, with a code of Apollo Server. */
export function textError(message: string, code: string): GraphQLError {
  return withCode(new GraphQLError(message), code);
}

/** An error of graphql-js, with a code of Apollo Server. */
export function withCode(error: GraphQLError, code: string): GraphQLError {
  // A copy would resolve its location again.
  Object.assign(error.extensions, { code, http: { status: 400, headers: new HeaderMap() } });
  return error;
}

/** A DomainError as a GraphQLError, with the HTTP status and headers of a refused request. */
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
 * The errors that refuse a request, as GraphQLErrors.
 * @throws `error` itself, if it is not a refusal
 */
export function refusalsOf(error: unknown): readonly GraphQLError[] {
  if (error instanceof InvalidOperation) return error.errors;
  if (error instanceof DomainError) return [asGraphQLError(error)];
  if (error instanceof GraphQLError) return [error];
  throw error;
}
