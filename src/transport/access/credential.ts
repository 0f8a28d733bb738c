import type { IncomingHttpHeaders } from 'node:http';
import { unauthenticated } from './refusals';

/** Longer than any token that fits in request headers. */
const maxLength = 8192;

/**
 * The token or API key in the headers of a request, or null: `Authorization: Bearer …` (RFC 6750, section 2.1) or
 * `X-API-Key: …`. Never from the URL, which ends up in logs and histories.
 * @throws UNAUTHENTICATED if it has another form, or there are two that differ
 */
export function credentialOfHeaders(headers: IncomingHttpHeaders): string | null {
  const apiKey = headers['x-api-key'];
  if (headers.authorization === undefined && apiKey === undefined) return null;
  return oneOf(headers.authorization, apiKey);
}

/**
 * The credential in the payload of `connection_init`, under the names that clients use: `Authorization`,
 * `authorization`, `X-API-Key`, `x-api-key`, at the top level or in `headers`.
 */
export function credentialOfConnection(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const nested = (payload as { headers?: unknown }).headers;
  const fields = new Map<string, unknown>();
  for (const part of [nested, payload]) {
    if (typeof part !== 'object' || part === null) continue;
    for (const [name, value] of Object.entries(part)) fields.set(name.toLowerCase(), value);
  }
  return oneOf(fields.get('authorization'), fields.get('x-api-key'));
}

function oneOf(authorization: unknown, apiKey: unknown): string | null {
  const token = authorization === undefined ? null : bearerToken(authorization);
  const key = apiKey === undefined ? null : checked(apiKey);
  if (token !== null && key !== null && token !== key)
    throw unauthenticated('Send one credential, not two.', 'invalid_request');
  return token ?? key;
}

function bearerToken(authorization: unknown): string {
  const token = typeof authorization === 'string' ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
  if (token === undefined)
    throw unauthenticated(
      'The Authorization header must be "Bearer" followed by a token.',
      'invalid_request',
    );
  return checked(token);
}

function checked(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw unauthenticated(`A credential must be a string of 1 to ${maxLength} characters.`, 'invalid_request');
}
