import type { FastifyInstance } from 'fastify';
import { metricsContentType, metricsPath, type ReadMetrics } from '../metrics/metrics-endpoint';
import type { HttpAccess } from './access/http-access';

/** `GET /metrics` on the API's port, unless METRICS_PORT is set; it needs the scope metrics:read. */
export function addMetricsRoute(server: FastifyInstance, access: HttpAccess, read: ReadMetrics): void {
  server.get(metricsPath, async (request, reply) => {
    await access.requireScope(request, 'metrics:read');
    const text = await read();
    return reply.header('content-type', metricsContentType).header('cache-control', 'no-store').send(text);
  });
}
