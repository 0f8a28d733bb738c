import type { Config } from '../../../src/config';
import type { Database } from '../../../src/database/database';
import type { Services } from '../../../src/service/create-services';
import { createGraphQLServer } from '../../../src/transport/graphql-server';
import { listen } from './listen';
import { quietLog } from '../../process/quiet-log';

/** The service's own Apollo and Fastify in front of other services. */
export async function serve(services: Services, database: Database, config: Config): Promise<void> {
  const { server } = await createGraphQLServer(services, database, config, quietLog);
  listen(server, async () => {
    await services.close();
    await database.close();
  });
}
