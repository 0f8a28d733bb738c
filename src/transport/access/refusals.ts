import { DomainError } from '../../errors';
import type { Scope } from './caller';

/** RFC 6750, section 3.1. Omitted if no credential was sent. */
type BearerError = 'invalid_request' | 'invalid_token';

const realm = 'Bearer realm="conversation-session-service"';
/** The `WWW-Authenticate` header of a refusal. */
const challenges = new WeakMap<DomainError, string>();

/** @returns UNAUTHENTICATED, for a response with 401; `reason` must not quote the credential */
export function unauthenticated(reason: string, error?: BearerError, cause?: unknown): DomainError {
  const refusal = new DomainError('UNAUTHENTICATED', reason, {}, { cause });
  if (error) challenges.set(refusal, `${realm}, error="${error}", error_description="${quotable(reason)}"`);
  return refusal;
}

/** @returns FORBIDDEN, for a response with 403: the credential is valid, but lacks the scope */
export function missingScope(scope: Scope, what: string, callerName: string): DomainError {
  const refusal = new DomainError(
    'FORBIDDEN',
    `${what} needs the scope ${scope}, which ${callerName} does not have.`,
    { scope },
  );
  challenges.set(refusal, `${realm}, error="insufficient_scope", scope="${scope}"`);
  return refusal;
}

/** @returns RATE_LIMITED, for a response with 429 */
export function rateLimited(message: string, retryAfterMs: number): DomainError {
  return new DomainError('RATE_LIMITED', message, { retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) });
}

/** The HTTP status and headers of a request that was refused before execution. */
export function httpRefusal(error: DomainError): { status: number; headers: Record<string, string> } {
  switch (error.code) {
    case 'UNAUTHENTICATED':
      return { status: 401, headers: { 'www-authenticate': challenges.get(error) ?? realm } };
    case 'FORBIDDEN': {
      const challenge = challenges.get(error);
      return { status: 403, headers: challenge ? { 'www-authenticate': challenge } : {} };
    }
    case 'RATE_LIMITED': {
      const retryAfterMs = Number(error.extensions.retryAfterMs ?? 1000);
      return { status: 429, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } };
    }
    case 'SERVICE_UNAVAILABLE':
      return { status: 503, headers: {} };
    default:
      return { status: 400, headers: {} };
  }
}

/** Replaces characters that a quoted string of a header must not contain (RFC 9110, section 5.6.4). */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, "'");
}
