import { index, modelOptions, prop, Severity } from '@typegoose/typegoose';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Schema } from 'mongoose';
import { EventType } from './event-type';
import { restoreJson, type JsonObject, type StoredJson } from './json-object';
import { eventGlobalId, Node } from './node';

/** A document of `events`. */
export interface EventRow {
  readonly sessionId: string;
  readonly eventId: string;
  readonly type: EventType;
  readonly payload: StoredJson;
  readonly timestamp: Date;
  readonly receivedAt: Date;
  readonly position: number;
}

export const conversationIndex = { sessionId: 1, timestamp: 1, position: 1, type: 1 } as const;
export const storedOrderIndex = { sessionId: 1, position: 1 } as const;

/** One moment of a conversation. Never changed once stored. */
@ObjectType('Event', {
  implements: Node,
  simpleResolvers: true,
  description: 'Something that was said or done in a call. Final: an event never changes once it is stored.',
})
// A retried event collides with itself: this index is the idempotency guarantee.
@index({ sessionId: 1, eventId: 1 }, { unique: true })
// Conversation order, for pages. `type` is last so that the index also decides a filter by type.
@index(conversationIndex)
// Stored order, for readers that follow a call. Unique: no two events share a position.
@index(storedOrderIndex, { unique: true })
@modelOptions({
  // minimize would silently drop an empty payload.
  schemaOptions: { collection: 'events', versionKey: false, minimize: false, id: false },
  // Any JSON object; Mongoose does not look inside.
  options: { allowMixed: Severity.ALLOW },
})
export class Event implements Node {
  @Field(() => ID, { description: 'The id of its session.' })
  @prop({ type: String, required: true })
  readonly sessionId: string;

  @Field(() => ID, { description: "The caller's own id, unique within its session." })
  @prop({ type: String, required: true })
  readonly eventId: string;

  @Field(() => EventType, { description: 'The source of the event.' })
  @prop({ type: String, required: true, enum: EventType })
  readonly type: EventType;

  @Field(() => Object, {
    description: 'The content of the event: a JSON object of at most 256 KiB and 32 levels.',
  })
  @prop({ type: Schema.Types.Mixed, required: true })
  readonly payload: JsonObject;

  @Field(() => Date, {
    description: "When it happened, by the caller's clock (the server's, where the caller sent none).",
  })
  @prop({ type: Date, required: true })
  readonly timestamp: Date;

  @Field(() => Date, { description: "When it was stored, by the server's clock." })
  @prop({ type: Date, required: true })
  readonly receivedAt: Date;

  @Field(() => Int, {
    description: "1, 2, 3, … in the order in which the session's events were stored. No gaps, never reused.",
  })
  @prop({ type: Number, required: true })
  readonly position: number;

  /** From a row or a projection of one: missing fields stay undefined and must not be read. */
  constructor(row: EventRow) {
    this.sessionId = row.sessionId;
    this.eventId = row.eventId;
    this.type = row.type;
    this.payload = restoreJson(row.payload);
    this.timestamp = row.timestamp;
    this.receivedAt = row.receivedAt;
    this.position = row.position;
  }

  @Field(() => ID, { description: 'The global id, for node and nodes.' })
  get id(): string {
    return eventGlobalId(this.sessionId, this.eventId);
  }
}
