import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';

/** Reads the metrics as Prometheus text, of this process or of all workers. */
export type ReadMetrics = () => Promise<string>;

export const metricsPath = '/metrics';
export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** A server with only `GET /metrics`. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the metrics on a separate port.
 * @throws the system's error if the address cannot be listened on
 */
export async function startMetricsServer(
  read: ReadMetrics,
  address: { host: string; port: number },
): Promise<MetricsServer> {
  const server = createServer((request, response) => void answer(read, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => resolve());
  });
  const { address: host, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${port}${metricsPath}`,
    close: () => closeServer(server),
  };
}

async function answer(read: ReadMetrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = request.url?.split('?')[0] === metricsPath;
  if (!found || request.method !== 'GET') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is only GET ${metricsPath} here.\n`);
    return;
  }
  try {
    const text = await read();
    response.writeHead(200, { 'content-type': metricsContentType, 'cache-control': 'no-store' }).end(text);
  } catch {
    response.writeHead(503, { 'content-type': 'text/plain' }).end('The metrics cannot be read now.\n');
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
