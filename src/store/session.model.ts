import { index, modelOptions, prop, Severity } from '@typegoose/typegoose';
import { Schema, type Types } from 'mongoose';
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { restoreJson, type JsonObject, type StoredJson } from './json-object';
import { Node, sessionGlobalId } from './node';
import { hasDuration, hasEnd, hasEndReason, sessionIndexes } from './session-indexes';
import { SessionStatus } from './session-status';

/** A document of `sessions`. */
export interface SessionRow {
  readonly _id: Types.ObjectId;
  readonly sessionId: string;
  readonly status: SessionStatus;
  readonly language: string;
  readonly metadata: StoredJson;
  readonly labels: readonly string[];
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** From startedAt to endedAt, indexed for the order by duration. This and endReason are missing while the session is open. */
  readonly durationMs?: number | null;
  readonly endReason?: string | null;
  readonly eventCount: number;
  readonly lastEventAt: Date | null;
  /** Number of changes to metadata, language and end; missing for none. */
  readonly revision?: number;
}

/** One call. Nothing that changes with each event is indexed: adding an event touches no index of this collection. */
@ObjectType('Session', {
  implements: Node,
  simpleResolvers: true,
  description: 'One call: its start and end, metadata and events.',
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
  // minimize would silently drop empty metadata.
  schemaOptions: { collection: 'sessions', versionKey: false, minimize: false, id: false },
  // Any JSON object; Mongoose does not look inside.
  options: { allowMixed: Severity.ALLOW },
})
export class Session implements Node {
  /** The tie-breaker in the order of lists; not part of the API. */
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
      'Data about the call: a JSON object of at most 16 KiB and 32 levels. Sessions can be filtered by its top-level strings, numbers, booleans and nulls.',
  })
  @prop({ type: Schema.Types.Mixed, required: true })
  readonly metadata: JsonObject;

  /** `key=value` for each top-level scalar of the metadata, to filter by one index; not part of the API. */
  @prop({ type: [String], required: true })
  readonly labels!: readonly string[];

  @Field(() => Date, {
    description: "When the call began, by the caller's clock (the server's, if the caller sent none).",
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
    description: 'The latest timestamp of its events; null if it has none.',
  })
  @prop({ type: Date })
  readonly lastEventAt: Date | null;

  /** From a row or a projection of one: missing fields stay undefined and must not be read. */
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
