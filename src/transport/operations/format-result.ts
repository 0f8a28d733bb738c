import { HeaderMap } from '@apollo/server';
import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { type FormatError, noteRequest } from '../mask-errors';
import { locationsOf } from './error-locations';

export interface FormattedResult {
  /** Unset: 200. */
  status?: number;
  readonly headers: HeaderMap;
  readonly body: FormattedExecutionResult;
}

/** The maximum number of errors in a response, besides one that counts the rest. */
const maxErrors = 50;

/**
 * Formats the result of an operation for the client: masks and limits its errors, and removes `extensions.http`, which is
 * for the HTTP response.
 */
export function formatResult(
  result: ExecutionResult,
  requestId: string,
  formatError: FormatError,
): FormattedResult {
  const formatted: FormattedResult = { headers: new HeaderMap(), body: result };
  if (!result.errors) return formatted;
  if (!('data' in result)) formatted.status = 400;
  const listed = result.errors.slice(0, maxErrors);
  noteRequest(listed, requestId);
  const errors = listed.map((error) => {
    const { http, ...extensions } = extensionsOf(error);
    if (http?.status) formatted.status = http.status;
    for (const [name, value] of http?.headers ?? []) formatted.headers.set(name, value);
    const locations = error.locations ?? locationsOf(error);
    return formatError({ ...error.toJSON(), ...(locations && { locations }), extensions }, error);
  });
  const more = result.errors.length - listed.length;
  if (more > 0) errors.push(moreErrors(more, errors[0]!));
  return { ...formatted, body: { errors, ...('data' in result && { data: result.data }) } };
}

/** Represents the errors that are not listed, with the code of the first one. */
function moreErrors(count: number, { extensions }: GraphQLFormattedError): GraphQLFormattedError {
  const { code, retryable } = extensions ?? {};
  return { message: `There are ${count} more errors.`, extensions: { code, retryable } };
}

interface HttpHints {
  readonly status?: number;
  readonly headers?: Map<string, string>;
}

/** A compiled operation wraps a thrown error without its extensions. */
function extensionsOf(error: GraphQLError): { code: unknown; http?: HttpHints } & Record<string, unknown> {
  const thrown = error.originalError as { extensions?: Record<string, unknown> } | undefined;
  return { code: 'INTERNAL_SERVER_ERROR', ...thrown?.extensions, ...error.extensions };
}
