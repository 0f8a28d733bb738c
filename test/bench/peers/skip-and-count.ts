import 'reflect-metadata';
import type { Connection } from 'mongoose';
import { readConfig } from '../../../src/config';
import { createServices } from '../../../src/service/create-services';
import type { Event, EventRow } from '../../../src/store/event.model';
import type { EventPlace } from '../../../src/store/event-queries';
import type { Page, PageRequest } from '../../../src/store/page';
import { Reader, type ReadOptions } from '../../../src/store/reader';
import type { Session, SessionRow } from '../../../src/store/session.model';
import type { Store } from '../../../src/store/store';
import { quietLog } from '../../process/quiet-log';
import { openPeerStore } from './peer-store';
import { serve } from './serve';

/**
 * Reading as most services of this kind do it: hydrated Mongoose documents, a page by skip and limit, and a count of
 * everything beside it, behind the same Apollo and Fastify.
 */
class SkippingReader extends Reader {
  constructor(
    store: Store,
    options: ReadOptions,
    private readonly connection: Connection,
  ) {
    super(store, options);
  }

  override async session(sessionId: string): Promise<Session | null> {
    const document = await this.connection.model<SessionRow>('Session').findOne({ sessionId });
    return document as unknown as Session | null;
  }

  override async eventPage(sessionId: string, page: PageRequest<EventPlace>): Promise<Page<Event>> {
    const events = this.connection.model<EventRow>('Event');
    const order = { timestamp: 1, position: 1 } as const;
    // The bench asks for first pages only: there is nothing to skip, to this peer's advantage.
    const [rows, total] = await Promise.all([
      events.find({ sessionId }).sort(order).skip(0).limit(page.limit),
      events.countDocuments({ sessionId }),
    ]);
    return { rows: rows as unknown as Event[], more: total > rows.length };
  }
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const { database, store } = await openPeerStore();
  const services = await createServices(database, config, quietLog);
  const { readPreference, readTimeoutMs: timeoutMs } = config;
  const reader = (signal?: AbortSignal) =>
    new SkippingReader(store, { readPreference, timeoutMs, signal }, database.connection);
  await serve({ ...services, reader }, database, config);
}

void main();
