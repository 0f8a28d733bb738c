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
    /** Set on routes with the hook `authenticate`. */
    caller: Caller | null;
  }
}

/** How long a browser may cache that an origin is allowed, in seconds; browsers cap it at two hours. */
const preflightMaxAge = 7200;
/** The response headers that a page of another origin may read. */
const exposedHeaders = [
  'ETag',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/** Access over HTTP: by headers alone, before the body is read. */
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

  /** Adds the hooks for every request. Call it before the routes are added. */
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
   * A hook for routes that run operations: refuses requests of foreign pages, and sets `request.caller`. Synchronous for a
   * known credential.
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
   * For routes other than the API.
   * @throws UNAUTHENTICATED, FORBIDDEN if the request's credential lacks the scope
   */
  async requireScope(request: FastifyRequest, scope: Scope): Promise<Caller> {
    this.crossOrigin.check(request.headers);
    const caller = await this.callerOf(request);
    checkScopes([{ scope, field: request.routeOptions.url ?? request.url }], caller);
    return caller;
  }

  /**
   * Checks the handshake of a WebSocket, which browsers let any page start, regardless of CORS.
   * @throws FORBIDDEN
   */
  checkHandshake({ headers }: Pick<IncomingMessage, 'headers'>): void {
    this.hosts?.check(headers.host);
    this.crossOrigin.check(headers);
  }

  /**
   * The caller that opens a connection with this payload of `connection_init`. Clients other than browsers may send the
   * credential in the `headers` of the handshake instead.
   * @throws as `Authenticator.authenticate`
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
      // The page cannot read the refusal of a preflight, but its developer can.
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
