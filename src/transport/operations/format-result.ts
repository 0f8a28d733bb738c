import { HeaderMap } from '@apollo/server';
import type { ExecutionResult, FormattedExecutionResult, GraphQLError } from 'graphql';
import { type FormatError, noteRequest } from '../mask-errors';

export interface FormattedResult {
  /** Unset: 200. */
  status?: number;
  readonly headers: HeaderMap;
  readonly body: FormattedExecutionResult;
}

/**
 * What Apollo makes of the result of an execution, for results that Apollo did not execute: errors masked, and what
 * they say of the HTTP answer (`extensions.http`) taken out of them.
 */
export function formatResult(
  result: ExecutionResult,
  requestId: string,
  formatError: FormatError,
): FormattedResult {
  const formatted: FormattedResult = { headers: new HeaderMap(), body: result };
  if (!result.errors) return formatted;
  noteRequest(result.errors, requestId);
  const errors = result.errors.map((error) => {
    const { http, ...extensions } = extensionsOf(error);
    if (http?.status) formatted.status = http.status;
    for (const [name, value] of http?.headers ?? []) formatted.headers.set(name, value);
    return formatError({ ...error.toJSON(), extensions }, error);
  });
  return { ...formatted, body: { errors, data: result.data } };
}

interface HttpHints {
  readonly status?: number;
  readonly headers?: Map<string, string>;
}

/** A compiled operation wraps what was thrown without taking over its extensions. */
function extensionsOf(error: GraphQLError): { code: unknown; http?: HttpHints } & Record<string, unknown> {
  const thrown = error.originalError as { extensions?: Record<string, unknown> } | undefined;
  return { code: 'INTERNAL_SERVER_ERROR', ...thrown?.extensions, ...error.extensions };
}
