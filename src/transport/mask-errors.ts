import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { asServiceUnavailable } from '../database/database-errors';
import { DomainError, errorTable } from '../errors';
import type { Log } from '../log';
import { withoutSuggestions } from './access/introspection';
import { BurstLog } from './burst-log';
import { clientGone } from './request-time';

/** The requests that errors come from, for the log. */
const requestIds = new WeakMap<object, string>();

/** Says which request an error comes from, before it is masked. */
export function noteRequest(errors: readonly object[], requestId: string): void {
  for (const error of errors) requestIds.set(error, requestId);
}

/** Makes of an error what the client may see of it. */
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * Apollo's `formatError`: a DomainError and what Apollo and graphql-js say of a request pass, and a database that is
 * away is SERVICE_UNAVAILABLE; anything else is a fault of ours, and the client gets nothing of it but an id that stands
 * in the log. Every code of our table says whether trying again can help.
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

/** Apollo refuses persisted queries that are wrong with a status of 400 and without a code. */
function isRefusalOfApollo(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.originalError) return false;
  // A compiled operation's errors have none if nothing was thrown.
  const { code, http }: { code?: unknown; http?: { status?: unknown } } = error.extensions ?? {};
  return code === undefined && http?.status === 400;
}

/** What graphql-js says, and no more, where comparing the fields of a text with each other would take too long. */
const validationAborted = 'Validation aborted.';
const tooMuchToValidate = {
  message: 'The operation is too complex: it repeats too many fields to be validated.',
  extensions: tabled('QUERY_TOO_COMPLEX'),
};

/** graphql-js quotes the value that it refuses, all of it. */
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
    message: `Internal server error. It stands in the log as ${errorId}.`,
    locations: formatted.locations,
    path: formatted.path,
    extensions: { ...tabled('INTERNAL_SERVER_ERROR'), errorId },
  };
}

function tabled(code: keyof typeof errorTable) {
  return { code, ...errorTable[code] };
}

/** The argument that graphql-js refused while it read the variables: `input.events[3].type`. */
function argumentOf(error: unknown): { argument?: string } {
  const node = error instanceof GraphQLError ? error.nodes?.[0] : undefined;
  if (node?.kind !== Kind.VARIABLE_DEFINITION) return {};
  const place = /^Variable "\$\w+" got invalid value .* at "([^"]+)"; /s.exec(
    (error as GraphQLError).message,
  );
  return { argument: place?.[1] ?? node.variable.name.value };
}
