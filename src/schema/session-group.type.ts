import { Field, Float, Int, ObjectType } from 'type-graphql';
import { type GroupDurations, percentile, type SessionGroup as Group } from '../service/session-statistics';
import type { JsonObject } from '../store/json-object';
import { SessionStatus } from '../store/session-status';

@ObjectType('DurationStatistics', {
  simpleResolvers: true,
  description:
    'All in milliseconds. The percentiles are right within 2 percent. p90Ms is the duration that 90 of 100 sessions do not exceed.',
})
export class DurationStatistics {
  @Field(() => Int, { description: 'Number of sessions that have ended.' })
  readonly sessionCount: number;

  @Field(() => Float, { description: 'The sum.' })
  readonly sumMs: number;

  @Field(() => Float, { description: 'The shortest.' })
  readonly minMs: number;

  @Field(() => Float, { description: 'The longest.' })
  readonly maxMs: number;

  constructor(private readonly durations: GroupDurations) {
    this.sessionCount = durations.sessionCount;
    this.sumMs = durations.sumMs;
    this.minMs = durations.minMs;
    this.maxMs = durations.maxMs;
  }

  @Field(() => Float, { description: 'The mean.' })
  get averageMs(): number {
    return this.sumMs / this.sessionCount;
  }

  @Field(() => Float, { description: 'The median.' })
  get p50Ms(): number {
    return percentile(this.durations, 50);
  }

  @Field(() => Float, { description: 'The 90th percentile.' })
  get p90Ms(): number {
    return percentile(this.durations, 90);
  }

  @Field(() => Float, { description: 'The 95th percentile.' })
  get p95Ms(): number {
    return percentile(this.durations, 95);
  }

  @Field(() => Float, { description: 'The 99th percentile.' })
  get p99Ms(): number {
    return percentile(this.durations, 99);
  }
}

/** The fields that need the database to count durations in buckets. */
export const percentileFields = ['p50Ms', 'p90Ms', 'p95Ms', 'p99Ms'] as const;

@ObjectType('SessionGroup', {
  simpleResolvers: true,
  description: 'Fields that groupBy does not name are null.',
})
export class SessionGroup {
  @Field(() => Date, { nullable: true, description: 'When the hour, day, week or month begins.' })
  readonly startedAt: Date | null;

  @Field(() => SessionStatus, { nullable: true, description: 'The status of the sessions.' })
  readonly status: SessionStatus | null;

  @Field(() => String, { nullable: true, description: 'The language of the sessions.' })
  readonly language: string | null;

  @Field(() => String, { nullable: true, description: 'Why they ended; null also if none was given.' })
  readonly endReason: string | null;

  @Field(() => Object, {
    nullable: true,
    description:
      'The key with its value, as a filter takes it: {"channel": "phone"}; {} where the sessions do not have it.',
  })
  readonly metadata: JsonObject | null;

  @Field(() => Int, { description: 'Number of sessions in the group.' })
  readonly sessionCount: number;

  @Field(() => Float, { description: 'A whole number.' })
  readonly eventCount: number;

  @Field(() => DurationStatistics, {
    nullable: true,
    description: 'Of those that have ended; null where none has.',
  })
  readonly duration: DurationStatistics | null;

  constructor(group: Group) {
    this.startedAt = group.startedAt;
    this.status = group.status;
    this.language = group.language;
    this.endReason = group.endReason;
    this.metadata = group.metadata;
    this.sessionCount = group.sessionCount;
    this.eventCount = group.eventCount;
    this.duration = group.durations && new DurationStatistics(group.durations);
  }
}
