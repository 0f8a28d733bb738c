import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../errors';

/**
 * Keeps pages of other origins from using this server through a user's browser (CSRF), by the headers that browsers set:
 * `Sec-Fetch-Site`, or without it `Origin` compared with `Host`. No script can change either. Requests with neither do not
 * come from a page in a current browser, and pass: curl, servers, `GET` of any client. The rules are those of Go's
 * net/http.CrossOriginProtection, by Filippo Valsorda, "Cross-Site Request Forgery"
 * (2025, https://words.filippo.io/csrf/), and of the OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers", with
 * two differences: a GET is checked too, because here it runs a query, and `same-site` counts as foreign, as it does
 * there.
 *
 * They replace Apollo Server's `csrfPrevention`, which requires an extra header on every GET.
 */
export class CrossOriginRule {
  private readonly allowed: ReadonlySet<string>;
  private readonly allowsAll: boolean;

  /** @param origins the origins that may call the API, such as `https://app.example`; `*` for all */
  constructor(origins: readonly string[]) {
    this.allowed = new Set(origins);
    this.allowsAll = this.allowed.has('*');
  }

  /**
   * Passes a request that no foreign page can have sent, or whose origin is allowed. Also for the handshake of a WebSocket,
   * which browsers let any page start.
   * @throws FORBIDDEN that names the origin and the setting
   */
  check(headers: IncomingHttpHeaders): void {
    const { origin } = headers;
    if (isOwn(headers) || this.allowsAll || (origin !== undefined && this.allowed.has(origin))) return;
    const from =
      origin === undefined || origin === 'null' ? 'a page of another origin' : `a page of ${shown(origin)}`;
    throw new DomainError(
      'FORBIDDEN',
      `Requests from ${from} are not allowed. CORS_ORIGINS lists the allowed origins.`,
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
