/**
 * Every failure that a client can be told of, by its stable code, and whether sending the same request again can help.
 * The README's error table says the same; a test compares the two.
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

/** What stands beside `code` and `retryable` in an error's `extensions`. */
export interface ErrorDetails {
  /** The path of the argument that breaks a rule, as in `input.sessionId`. */
  readonly argument?: string;
  readonly [detail: string]: unknown;
}

/** A failure that is meant for the client to read. Anything else that is thrown is a fault of ours and is masked. */
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

/** An argument that breaks a rule: the message is the argument's path and the rule. */
export function badUserInput(argument: string, rule: string): DomainError {
  return new DomainError('BAD_USER_INPUT', `${argument} ${rule}`, { argument });
}

/** The database is unavailable, the queue is full, time is up or the server is stopping: the same request may succeed later. */
export function serviceUnavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('SERVICE_UNAVAILABLE', message, {}, { cause });
}
