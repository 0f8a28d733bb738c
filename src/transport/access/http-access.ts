import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import cors from '@fastify/cors';
import { authMethodsOf } from '../../access-settings';
import type { Config } from '../../config';
import { isLoopback } from '../../loopback';
import type { Access } from './access';
import type { Caller, Scope } from './caller';
import { credentialOfHeaders } from './credential';
import { CrossOriginRule } from './cross-origin';
import { checkScopes } from './field-scopes';
import { HostRule } from './host-rule';
import { rateLimitHeaders } from './rate-limits';
import { securityHeaders } from './security-headers';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where a route has `authenticate` among its hooks. */
    caller: Caller | null;
  }
}

/** How long a browser may remember that an origin is allowed, in seconds; none remembers it for longer than two hours. */
const preflightMaxAge = 7200;
/** What a page of another origin may read of an answer besides its body. */
const exposedHeaders = [
  'ETag',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/** Access as HTTP has it: by headers alone, before a body is read. */
export class HttpAccess {
  private readonly crossOrigin: CrossOriginRule;

  constructor(
    private readonly access: Access,
    private readonly config: Config,
  ) {
    this.crossOrigin = new CrossOriginRule(config.corsOrigins);
  }

  /** What holds for every request, whatever its route; to be added before the routes. */
  async addTo(server: FastifyInstance): Promise<void> {
    const headers = securityHeaders();
    server.decorateRequest('caller', null);
    server.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers);
      done();
    });
    if (checksHosts(this.config)) this.addHostRule(server);
    if (this.config.corsOrigins.length > 0) await this.addCors(server);
    if (this.access.rateLimits) this.addRateLimitHeaders(server);
    server.addHook('onClose', () => this.access.close());
  }

  /**
   * A hook for routes that run operations: refuses what a page of a foreign origin may not send, and sets
   * `request.caller`. Waits for nothing where the credential is known.
   */
  authenticate(request: FastifyRequest, done: (error?: Error) => void): void {
    this.crossOrigin.check(request.headers);
    const pass = (caller: Caller): void => {
      request.caller = caller;
      done();
    };
    const caller = this.callerOf(request);
    if (caller instanceof Promise) caller.then(pass, done);
    else pass(caller);
  }

  /**
   * For routes beside the API.
   * @throws UNAUTHENTICATED, FORBIDDEN where the request's credential does not have the scope
   */
  async requireScope(request: FastifyRequest, scope: Scope): Promise<Caller> {
    this.crossOrigin.check(request.headers);
    const caller = await this.callerOf(request);
    checkScopes([{ scope, field: request.routeOptions.url ?? request.url }], caller);
    return caller;
  }

  private callerOf({ headers, ip }: FastifyRequest): Caller | Promise<Caller> {
    return this.access.authenticator.authenticate(credentialOfHeaders(headers), ip);
  }

  private addHostRule(server: FastifyInstance): void {
    const rule = new HostRule(this.config.allowedHosts);
    server.addHook('onRequest', (request, _reply, done) => {
      rule.check(request.headers.host);
      done();
    });
  }

  private async addCors(server: FastifyInstance): Promise<void> {
    server.addHook('onRequest', (request, _reply, done) => {
      // A page learns nothing from a refused preflight, but whoever looks at it does.
      if (request.method === 'OPTIONS') this.crossOrigin.check(request.headers);
      done();
    });
    await server.register(cors, {
      origin: [...this.config.corsOrigins],
      methods: ['GET', 'POST'],
      exposedHeaders,
      maxAge: preflightMaxAge,
    });
  }

  private addRateLimitHeaders(server: FastifyInstance): void {
    const { rateLimits } = this.access;
    server.addHook('onSend', async ({ caller }: FastifyRequest, reply: FastifyReply) => {
      const state = caller && (await rateLimits!.stateOf(caller));
      reply.headers(rateLimitHeaders(rateLimits!.quota, state));
    });
  }
}

function checksHosts(config: Config): boolean {
  const isOpen = authMethodsOf(config).length === 0;
  return config.allowedHosts.length > 0 || (isOpen && isLoopback(config.host));
}
