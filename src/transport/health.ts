import type { FastifyInstance, FastifyReply } from 'fastify';
import { buildInfo } from '../build-info';
import type { Database } from '../database/database';
import type { Lifecycle } from './lifecycle';

/** How long the database may take to respond while the server counts as ready, in milliseconds. */
const pingTimeoutMs = 2_000;

/** `/health/live`: the process responds, with its version. `/health/ready`: its database responds too, and it is not stopping. */
export function addHealthRoutes(server: FastifyInstance, database: Database, lifecycle: Lifecycle): void {
  server.get('/health/live', (_request, reply) => answer(reply, 200, 'live', buildInfo));
  server.get('/health/ready', async (_request, reply) => {
    if (!lifecycle.isReady) return answer(reply, 503, lifecycle.isLeaving ? 'stopping' : 'starting');
    return database.availability.isAvailable('primary') && (await answers(database))
      ? answer(reply, 200, 'ready')
      : answer(reply, 503, 'database unavailable');
  });
}

function answer(reply: FastifyReply, code: number, status: string, details: object = {}) {
  return reply
    .code(code)
    .header('cache-control', 'no-store')
    .send({ status, ...details });
}

async function answers(database: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), pingTimeoutMs);
  });
  const ping = database.ping().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([ping, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
