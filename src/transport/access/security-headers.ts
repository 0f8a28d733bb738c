import helmet from 'helmet';

/**
 * What every answer says to browsers: do not guess its type, do not frame it, do not run anything in it, say nothing of
 * it to others. They are helmet's, but the same for every answer, so helmet is asked once and not for every request.
 * HSTS is missing on purpose: it is for whoever terminates TLS to promise.
 */
export function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const apply = helmet({
    // The explorer's page has a policy of its own.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    frameguard: { action: 'deny' },
    strictTransportSecurity: false,
    // These speak to browsers that have not existed for years.
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
