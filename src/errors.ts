/**
 * Every error of the API by its stable code, and whether sending the same request again can succeed. A test compares it
 * with the README's table.
 */
export const errorTable = {
  BAD_USER_INPUT: { retryable: false },
  SESSION_NOT_FOUND: { retryable: false },
  SESSION_COMPLETED: { retryable: false },
  EVENT_CONFLICT: { retryable: false },
  UNAUTHENTICATED: { retryable: false },
  FORBIDDEN: { retryable: false },
  RATE_LIMITED: { retryable: true },
  QUERY_TOO_COMPLEX: { retryable: false },
  SERVICE_UNAVAILABLE: { retryable: true },
  INTERNAL_SERVER_ERROR: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof errorTable;

/** Further `extensions` of an error, besides `code` and `retryable`. */
export interface ErrorDetails {
  /** The path of the invalid argument, such as `input.sessionId`. */
  readonly argument?: string;
  readonly [detail: string]: unknown;
}

/** An error for the client to read. Any other thrown error is a bug and is masked. */
export class DomainError extends Error {
  /** GraphQL copies these into the error that the client gets. */
  readonly extensions: { readonly code: ErrorCode; readonly retryable: boolean } & ErrorDetails;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DomainError';
    this.extensions = { code, ...errorTable[code], ...details };
  }
}

/** An invalid argument: the message is its path and the rule. */
export function badUserInput(argument: string, rule: string): DomainError {
  return new DomainError('BAD_USER_INPUT', `${argument} ${rule}`, { argument });
}

/** The database is unavailable, a queue is full, time is up or the server is stopping: a retry may succeed. */
export function serviceUnavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('SERVICE_UNAVAILABLE', message, {}, { cause });
}
