import 'reflect-metadata';
import type { Connection } from 'mongoose';
import { readConfig } from '../../../src/config';
import { openDatabase } from '../../../src/database/database';
import { createServices } from '../../../src/service/create-services';
import { Event, type EventRow } from '../../../src/store/event.model';
import type { Reader } from '../../../src/store/reader';
import type { RequestScope } from '../../../src/store/request-scope';
import { Session, type SessionRow } from '../../../src/store/session.model';
import { quietLog } from '../../process/quiet-log';
import { serve } from './serve';

/**
 * Reading as most services of this kind do it: hydrated Mongoose documents, a page by skip and limit, and a count of
 * everything beside it, behind the same Apollo and Fastify. The API's classes read each field of a document once.
 */
function skippingReader(reader: Reader, connection: Connection): Reader {
  const sessions = connection.model<SessionRow>('Session');
  const events = connection.model<EventRow>('Event');
  const session = async (sessionId: string) => {
    const document = await sessions.findOne({ sessionId });
    return document && new Session(document);
  };
  const skipping: Pick<Reader, 'session' | 'sessionWithEvents' | 'eventPage'> = {
    session,
    // The page comes with a query of its own.
    sessionWithEvents: session,
    async eventPage(sessionId, { place: { limit } }) {
      const order = { timestamp: 1, position: 1 } as const;
      // The bench asks for first pages only: there is nothing to skip, to this peer's advantage.
      const [rows, total] = await Promise.all([
        events.find({ sessionId }).sort(order).skip(0).limit(limit),
        events.countDocuments({ sessionId }),
      ]);
      return { rows: rows.map((document) => new Event(document)), more: total > rows.length };
    },
  };
  return Object.assign(reader, skipping);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const database = await openDatabase(config, quietLog);
  const services = await createServices(database, config, quietLog);
  const reader = (scope?: RequestScope | null) => skippingReader(services.reader(scope), database.connection);
  await serve({ ...services, reader }, database, config);
}

void main();
