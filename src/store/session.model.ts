import { index, modelOptions, prop, Severity } from '@typegoose/typegoose';
import { Schema, type Types } from 'mongoose';
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { restoreJson, type JsonObject, type StoredJson } from './json-object';
import { Node, sessionGlobalId } from './node';
import { SessionStatus } from './session-status';

/** A session as it stands in the database. */
export interface SessionRow {
  readonly _id: Types.ObjectId;
  readonly sessionId: string;
  readonly status: SessionStatus;
  readonly language: string;
  readonly metadata: StoredJson;
  readonly labels: readonly string[];
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly eventCount: number;
  readonly lastEventAt: Date | null;
}

/** One call. Nothing that changes with each event is indexed: adding an event touches no index of this collection. */
@ObjectType('Session', { implements: Node, simpleResolvers: true })
// Identity, and the shard key.
@index({ sessionId: 1 }, { unique: true })
// The list in its order; _id settles sessions that started in the same millisecond.
@index({ startedAt: -1, _id: -1 })
@index({ status: 1, startedAt: -1, _id: -1 })
@index({ language: 1, startedAt: -1, _id: -1 })
@index({ labels: 1, startedAt: -1, _id: -1 })
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

  @Field(() => SessionStatus)
  @prop({ type: String, required: true, enum: SessionStatus })
  readonly status: SessionStatus;

  @Field(() => String, { description: 'BCP 47 tag, canonical form (en, pt-BR).' })
  @prop({ type: String, required: true })
  readonly language: string;

  @Field(() => Object)
  @prop({ type: Schema.Types.Mixed, required: true })
  readonly metadata: JsonObject;

  /** `key=value` for each scalar of the metadata, so that a search by one is a walk of one index; not part of the API. */
  @prop({ type: [String], required: true })
  readonly labels!: readonly string[];

  @Field(() => Date)
  @prop({ type: Date, required: true })
  readonly startedAt: Date;

  @Field(() => Date, { nullable: true })
  @prop({ type: Date })
  readonly endedAt: Date | null;

  @Field(() => Int, { description: 'How many events are stored. Exact at all times, and costs no count.' })
  @prop({ type: Number, required: true })
  readonly eventCount: number;

  @Field(() => Date, { nullable: true })
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
    this.eventCount = row.eventCount;
    this.lastEventAt = row.lastEventAt;
  }

  @Field(() => ID)
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
