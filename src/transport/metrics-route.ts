import type { FastifyInstance } from 'fastify';
import { metricsContentType, metricsPath, type ReadMetrics } from '../metrics/metrics-endpoint';

/** `GET /metrics` on the port of the API, where no port of its own is configured. */
export function addMetricsRoute(server: FastifyInstance, read: ReadMetrics): void {
  server.get(metricsPath, async (_request, reply) => {
    const text = await read();
    return reply.header('content-type', metricsContentType).header('cache-control', 'no-store').send(text);
  });
}
