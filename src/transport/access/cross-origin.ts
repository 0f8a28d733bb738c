import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../errors';

/**
 * Keeps pages of other origins from using this server through the browsers of those who can reach it (CSRF), by what
 * browsers say themselves: `Sec-Fetch-Site` if there is one, otherwise `Origin` against `Host`. No script can set
 * or remove either. Requests with neither come from no page of today's browsers and pass: curl, servers, `GET` of any
 * client. The rules are those of Go's net/http.CrossOriginProtection, by Filippo Valsorda, "Cross-Site Request Forgery"
 * (2025, https://words.filippo.io/csrf/), and of the OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers", with
 * two differences: a GET is checked too, because here it runs a query, and `same-site` counts as foreign, as it does
 * there.
 *
 * They replace Apollo Server's `csrfPrevention`, which wants a header of its own from every GET.
 */
export class CrossOriginRule {
  private readonly allowed: ReadonlySet<string>;
  private readonly allowsAll: boolean;

  /** @param origins those that may call the API, as in `https://app.example`; `*` for all */
  constructor(origins: readonly string[]) {
    this.allowed = new Set(origins);
    this.allowsAll = this.allowed.has('*');
  }

  /**
   * Passes what no foreign page can have sent, or one whose origin is allowed. For requests and for the handshake of a
   * WebSocket, which browsers let any page begin.
   * @throws FORBIDDEN that names the origin and the setting
   */
  check(headers: IncomingHttpHeaders): void {
    const { origin } = headers;
    if (isOwn(headers) || this.allowsAll || (origin !== undefined && this.allowed.has(origin))) return;
    const from =
      origin === undefined || origin === 'null' ? 'a page of another origin' : `a page of ${shown(origin)}`;
    throw new DomainError(
      'FORBIDDEN',
      `Requests from ${from} are not allowed. CORS_ORIGINS lists the origins that are.`,
    );
  }
}

function isOwn(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  return origin === undefined || hostOf(origin) === host?.toLowerCase();
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function shown(origin: string): string {
  return origin.slice(0, 200).replace(/[^\x21-\x7e]/g, '?');
}
