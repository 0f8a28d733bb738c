import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import cors from '@fastify/cors';
import { authMethodsOf } from '../../access-settings';
import type { Config } from '../../config';
import { isLoopback } from '../../loopback';
import type { Access } from './access';
import type { Caller, Scope } from './caller';
import { credentialOfConnection, credentialOfHeaders } from './credential';
import { CrossOriginRule } from './cross-origin';
import { checkScopes } from './field-scopes';
import { HostRule } from './host-rule';
import { rateLimitHeaders } from './rate-limits';
import { unauthenticated } from './refusals';
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
  /** Null: a request may name any host. */
  private readonly hosts: HostRule | null;

  constructor(
    private readonly access: Access,
    private readonly config: Config,
  ) {
    this.crossOrigin = new CrossOriginRule(config.corsOrigins);
    this.hosts = checksHosts(config) ? new HostRule(config.allowedHosts) : null;
  }

  /** What holds for every request, whatever its route; to be added before the routes. */
  async addTo(server: FastifyInstance): Promise<void> {
    const headers = securityHeaders();
    server.decorateRequest('caller', null);
    server.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers);
      done();
    });
    if (this.hosts) this.addHostRule(server, this.hosts);
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

  /**
   * Lets a WebSocket be opened: browsers let any page begin one, whatever CORS says.
   * @throws FORBIDDEN
   */
  checkHandshake({ headers }: Pick<IncomingMessage, 'headers'>): void {
    this.hosts?.check(headers.host);
    this.crossOrigin.check(headers);
  }

  /**
   * Who opens a connection with this payload of `connection_init`; a client that is no browser may have sent the
   * credential among the `headers` of its handshake instead.
   * @throws UNAUTHENTICATED and others as `Authenticator.authenticate`
   */
  async authenticateConnection(
    payload: unknown,
    address: string,
    headers: IncomingMessage['headers'] = {},
  ): Promise<Caller> {
    const credential = credentialOfConnection(payload) ?? credentialOfHeaders(headers);
    return this.access.authenticator.authenticate(credential, address);
  }

  /**
   * For a connection that is about to last longer than its request.
   * @throws UNAUTHENTICATED where the caller's API key was revoked since the request was let in
   */
  refuseRevoked(caller: Caller): void {
    if (this.isRevoked(caller)) throw unauthenticated('The API key was revoked.', 'invalid_token');
  }

  /** Whether the caller's API key is no longer in the key file, or no longer as it was. */
  isRevoked(caller: Caller): boolean {
    return this.access.authenticator.isRevoked(caller);
  }

  /** Calls `listener` each time keys have changed. */
  onKeysChanged(listener: () => void): void {
    this.access.authenticator.onKeysChanged(listener);
  }

  private callerOf({ headers, ip }: FastifyRequest): Caller | Promise<Caller> {
    return this.access.authenticator.authenticate(credentialOfHeaders(headers), ip);
  }

  private addHostRule(server: FastifyInstance, rule: HostRule): void {
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
