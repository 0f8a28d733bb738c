import { index, modelOptions, prop, Severity } from '@typegoose/typegoose';
import { Schema, type Types } from 'mongoose';
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { restoreJson, type JsonObject, type StoredJson } from './json-object';
import { Node, sessionGlobalId } from './node';
import { hasDuration, hasEnd, hasEndReason, sessionIndexes } from './session-indexes';
import { SessionStatus } from './session-status';

/** A session as it is stored. */
export interface SessionRow {
  readonly _id: Types.ObjectId;
  readonly sessionId: string;
  readonly status: SessionStatus;
  readonly language: string;
  readonly metadata: StoredJson;
  readonly labels: readonly string[];
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** From startedAt to endedAt, for the index of its order. Like the next one, missing while the session is open. */
  readonly durationMs?: number | null;
  readonly endReason?: string | null;
  readonly eventCount: number;
  readonly lastEventAt: Date | null;
  /** How often what is said about the session has changed; missing for never. */
  readonly revision?: number;
}

/** One call. Nothing that changes with each event is indexed: adding an event touches no index of this collection. */
@ObjectType('Session', {
  implements: Node,
  simpleResolvers: true,
  description: 'One call: when it began and ended, what is said about it, and its events.',
})
@index(sessionIndexes.identity, { unique: true })
@index(sessionIndexes.byStart)
@index(sessionIndexes.byStatus)
@index(sessionIndexes.byLanguage)
@index(sessionIndexes.byLabel)
@index(sessionIndexes.byEnd, { partialFilterExpression: hasEnd })
@index(sessionIndexes.byDuration, { partialFilterExpression: hasDuration })
@index(sessionIndexes.byEndReason, { partialFilterExpression: hasEndReason })
@modelOptions({
  // minimize would drop empty metadata in silence.
  schemaOptions: { collection: 'sessions', versionKey: false, minimize: false, id: false },
  // Any JSON object, and none of Mongoose's business.
  options: { allowMixed: Severity.ALLOW },
})
export class Session implements Node {
  /** Part of the list's order; not part of the API. */
  readonly _id: Types.ObjectId;

  @Field(() => ID, { description: "The caller's own id, unique over all sessions." })
  @prop({ type: String, required: true })
  readonly sessionId: string;

  @Field(() => SessionStatus, { description: 'The state of the call.' })
  @prop({ type: String, required: true, enum: SessionStatus })
  readonly status: SessionStatus;

  @Field(() => String, { description: 'BCP 47 tag, canonical form (en, pt-BR).' })
  @prop({ type: String, required: true })
  readonly language: string;

  @Field(() => Object, {
    description:
      'What is known about the call: a JSON object of at most 16 KiB and 32 levels. Its top-level strings, numbers, booleans and nulls can be filtered by.',
  })
  @prop({ type: Schema.Types.Mixed, required: true })
  readonly metadata: JsonObject;

  /** `key=value` for each scalar of the metadata, so that a search by one is a walk of one index; not part of the API. */
  @prop({ type: [String], required: true })
  readonly labels!: readonly string[];

  @Field(() => Date, {
    description: "When the call began, by the caller's clock or, without it, the server's.",
  })
  @prop({ type: Date, required: true })
  readonly startedAt: Date;

  @Field(() => Date, { nullable: true, description: 'When the call ended; null while it is open.' })
  @prop({ type: Date })
  readonly endedAt: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Why it ended, in the caller's words (customer-hung-up); null while it is open, or where none was given.",
  })
  @prop({ type: String })
  readonly endReason: string | null;

  @Field(() => Int, { description: 'How many events are stored. Exact at all times, and costs no count.' })
  @prop({ type: Number, required: true })
  readonly eventCount: number;

  @Field(() => Date, {
    nullable: true,
    description: 'The latest timestamp of its events; null where it has none.',
  })
  @prop({ type: Date })
  readonly lastEventAt: Date | null;

  /** From a row, or the part of one that was asked for: what is not in it stays undefined and must not be read. */
  constructor(row: SessionRow) {
    this._id = row._id;
    this.sessionId = row.sessionId;
    this.status = row.status;
    this.language = row.language;
    this.metadata = restoreJson(row.metadata);
    this.startedAt = row.startedAt;
    this.endedAt = row.endedAt;
    this.endReason = row.endReason ?? null;
    this.eventCount = row.eventCount;
    this.lastEventAt = row.lastEventAt;
  }

  @Field(() => ID, { description: 'The global id, for node and nodes.' })
  get id(): string {
    return sessionGlobalId(this.sessionId);
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Milliseconds from startedAt to endedAt; null while the session is open.',
  })
  get durationMs(): number | null {
    return this.endedAt && this.endedAt.getTime() - this.startedAt.getTime();
  }
}
