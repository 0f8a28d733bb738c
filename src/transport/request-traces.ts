import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestTrace, Tracing } from '../tracing';

/** Traces each request of a server, from its arrival to the last byte of its response. */
export class RequestTraces {
  private readonly traces = new WeakMap<FastifyRequest, RequestTrace>();

  constructor(server: FastifyInstance, tracing: Tracing) {
    server.addHook('onRequest', (request, reply, done) => {
      const trace = tracing.startRequest(request.method, request.headers);
      this.traces.set(request, trace);
      reply.headers(trace.headers);
      // Not the hook onResponse, which is not called for event streams.
      reply.raw.once('close', () => trace.end(request.routeOptions.url ?? 'nowhere', reply.raw.statusCode));
      done();
    });
  }

  of(request: FastifyRequest): RequestTrace {
    return this.traces.get(request)!;
  }
}
