import helmet from 'helmet';

/**
 * The security headers of every response: no type sniffing, no framing, no scripts, no referrer. They are helmet's, but
 * the same for every response, so helmet computes them once. HSTS is left to the proxy that terminates TLS.
 */
export function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const apply = helmet({
    // The explorer's page has its own policy.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    frameguard: { action: 'deny' },
    strictTransportSecurity: false,
    // Only obsolete browsers read these.
    dnsPrefetchControl: false,
    ieNoOpen: false,
    permittedCrossDomainPolicies: false,
  });
  const collect = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  apply({} as never, collect as never, () => undefined);
  return headers;
}
