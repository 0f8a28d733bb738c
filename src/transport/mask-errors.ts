import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { asServiceUnavailable } from '../database/database-errors';
import { DomainError, errorTable } from '../errors';
import type { Log } from '../log';
import { withoutSuggestions } from './access/introspection';
import { BurstLog } from './burst-log';
import { clientGone } from './request-time';

/** The request ids of errors, for the log. */
const requestIds = new WeakMap<object, string>();

/** Notes the request of errors, before they are masked. */
export function noteRequest(errors: readonly object[], requestId: string): void {
  for (const error of errors) requestIds.set(error, requestId);
}

/** Formats an error for the client. */
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * Apollo's `formatError`. A DomainError and the request errors of Apollo and graphql-js pass; an unavailable database
 * becomes SERVICE_UNAVAILABLE. Anything else is a bug, of which the client gets only an id that is also in the log. Codes
 * of our table carry `retryable`.
 */
export function createErrorMask(log: Log, introspection: 'on' | 'off' = 'on'): FormatError {
  const unavailability = new BurstLog<{ err: Error }>(log, 'service unavailable');
  return (formatted, error) => {
    const original = (error instanceof GraphQLError && error.originalError) || error;
    const unavailable = asServiceUnavailable(original);
    const thrown = unavailable ?? original;
    const code = formatted.extensions?.code;
    if (thrown instanceof DomainError) {
      if (thrown.code === 'SERVICE_UNAVAILABLE' && thrown !== clientGone)
        unavailability.warn({ err: thrown });
      const message = unavailable ? unavailable.message : formatted.message;
      return { ...formatted, message, extensions: { ...argumentOf(error), ...thrown.extensions } };
    }
    if (isRefusalOfApollo(error)) return { ...formatted, extensions: { code: 'BAD_REQUEST' } };
    if (typeof code !== 'string' || code === 'INTERNAL_SERVER_ERROR') {
      return mask(formatted, thrown, requestIds.get(error as object), log);
    }
    if (formatted.message === validationAborted) return { ...formatted, ...tooMuchToValidate };
    const message = shortened(
      introspection === 'off' ? withoutSuggestions(formatted.message) : formatted.message,
    );
    if (code !== 'BAD_USER_INPUT') return { ...formatted, message };
    return { ...formatted, message, extensions: { ...tabled(code), ...argumentOf(error) } };
  };
}

/** Apollo refuses invalid persisted queries with status 400 and without a code. */
function isRefusalOfApollo(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.originalError) return false;
  // Errors of a compiled operation have no original error if nothing was thrown.
  const { code, http }: { code?: unknown; http?: { status?: unknown } } = error.extensions ?? {};
  return code === undefined && http?.status === 400;
}

/** The only message of graphql-js when comparing the fields of a document takes too long. */
const validationAborted = 'Validation aborted.';
const tooMuchToValidate = {
  message: 'The operation is too complex: it repeats too many fields to be validated.',
  extensions: tabled('QUERY_TOO_COMPLEX'),
};

/** Shortens messages, because graphql-js quotes invalid values in full. */
function shortened(message: string): string {
  return message.length <= 1000 ? message : `${message.slice(0, 500)} … ${message.slice(-500)}`;
}

function mask(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  requestId: string | undefined,
  log: Log,
): GraphQLFormattedError {
  const errorId = randomUUID();
  log.error({ errorId, requestId, path: formatted.path, err: thrown }, 'unexpected error');
  return {
    message: `Internal server error. The log has it as ${errorId}.`,
    locations: formatted.locations,
    path: formatted.path,
    extensions: { ...tabled('INTERNAL_SERVER_ERROR'), errorId },
  };
}

function tabled(code: keyof typeof errorTable) {
  return { code, ...errorTable[code] };
}

/** The argument that graphql-js refused among the variables, such as `input.events[3].type`. */
function argumentOf(error: unknown): { argument?: string } {
  const node = error instanceof GraphQLError ? error.nodes?.[0] : undefined;
  if (node?.kind !== Kind.VARIABLE_DEFINITION) return {};
  const place = /^Variable "\$\w+" got invalid value .* at "([^"]+)"; /s.exec(
    (error as GraphQLError).message,
  );
  return { argument: place?.[1] ?? node.variable.name.value };
}
