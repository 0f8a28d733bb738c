import type { FastifyInstance } from 'fastify';

/** Takes a free port, says where, and closes on SIGTERM, as the service does. */
export function listen(server: FastifyInstance, onClose: () => Promise<void> = async () => undefined): void {
  process.once('SIGTERM', () => {
    void server
      .close()
      .then(onClose)
      .then(() => process.exit(0));
  });
  server.listen({ port: 0, host: '127.0.0.1' }).then(
    (address) => console.log(`${address}/graphql`),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
