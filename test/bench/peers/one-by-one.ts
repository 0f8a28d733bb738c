import 'reflect-metadata';
import { Schema, type Connection, type Model } from 'mongoose';
import { readConfig } from '../../../src/config';
import { openDatabase } from '../../../src/database/database';
import { createServices, type Services } from '../../../src/service/create-services';
import type { AddEvent } from '../../../src/service/event-service';
import { checkId, checkInstant, checkJson, maxPayloadBytes } from '../../../src/service/input-rules';
import { eventConflict, sessionCompleted, sessionNotFound } from '../../../src/service/refusals';
import { Event, type EventRow } from '../../../src/store/event.model';
import { sameJson } from '../../../src/store/json-object';
import type { SessionRow } from '../../../src/store/session.model';
import { hasEnded } from '../../../src/store/session-status';
import { quietLog } from '../../process/quiet-log';
import { serve } from './serve';

/**
 * One by one, as most services of this kind do it: find the session, then create the event. The same rules, the same
 * durability and the same answers, behind the same Apollo and Fastify; no positions, no counting, and two indexes where
 * ours has three.
 */
class OneByOneEvents {
  constructor(
    private readonly sessions: Model<SessionRow>,
    private readonly events: Model<EventRow>,
  ) {}

  async add(input: AddEvent) {
    const sessionId = checkId('input.sessionId', input.sessionId);
    const eventId = checkId('input.eventId', input.eventId);
    const { value, stored: payload } = checkJson('input.payload', input.payload, maxPayloadBytes);
    const sent = checkInstant('input.timestamp', input.timestamp);
    const session = await this.sessions.findOne({ sessionId });
    if (!session) throw sessionNotFound(sessionId);
    if (hasEnded(session.status)) throw sessionCompleted(sessionId);
    const receivedAt = new Date();
    const row = { sessionId, eventId, type: input.type, payload, timestamp: sent ?? receivedAt, receivedAt };
    try {
      return outcome(await this.events.create(row), true);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 11000) throw error;
      const known = await this.events.findOne({ sessionId, eventId }).orFail();
      if (!sameJson(known.payload, value)) throw eventConflict(sessionId, eventId);
      return outcome(known, false);
    }
  }
}

function outcome(row: EventRow, created: boolean) {
  return { kind: 'stored', event: new Event(row), created } as const;
}

async function eventModel(connection: Connection): Promise<Model<EventRow>> {
  const text = { type: String, required: true };
  const date = { type: Date, required: true };
  const schema = new Schema<EventRow>(
    {
      sessionId: text,
      eventId: text,
      type: text,
      payload: Schema.Types.Mixed,
      timestamp: date,
      receivedAt: date,
    },
    { collection: 'events_one_by_one', minimize: false },
  );
  schema.index({ sessionId: 1, eventId: 1 }, { unique: true });
  schema.index({ sessionId: 1, timestamp: 1 });
  const model = connection.model<EventRow>('OneByOneEvent', schema);
  await model.createIndexes();
  return model;
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const database = await openDatabase(config, quietLog);
  const services = await createServices(database, config, quietLog);
  const sessions = database.connection.model<SessionRow>('Session');
  const events = new OneByOneEvents(sessions, await eventModel(database.connection));
  await serve({ ...services, events: events as unknown as Services['events'] }, database, config);
}

void main();
