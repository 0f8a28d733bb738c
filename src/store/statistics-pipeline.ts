import type { mongo } from 'mongoose';
import { type Calendar, unitExpressions, type UnitKey } from './calendar';
import { labelPrefix } from './labels';
import { sessionIndexes } from './session-indexes';
import { sessionFilter, type SessionSelection } from './session-queries';
import type { SessionStatus } from './session-status';

/** The fields to group sessions by; null and false leave one out. */
export interface Grouping {
  readonly startedAt: Calendar | null;
  readonly status: boolean;
  readonly language: boolean;
  readonly endReason: boolean;
  readonly metadataKey: string | null;
}

/** What to compute for each group, besides the number of sessions. */
export interface GroupMeasures {
  readonly events: boolean;
  readonly durations: boolean;
  /** With `durations` only. */
  readonly percentiles: boolean;
}

/** Sessions whose durations hardly differ, see `bucketWidth`; or those that have not ended. */
export interface DurationBucket {
  readonly sessions: number;
  /** Null for sessions that have not ended, as is the next one. */
  readonly minMs: number | null;
  readonly maxMs: number | null;
}

/** A group as the database makes it. */
export interface GroupRow {
  readonly _id: {
    readonly startedAt?: UnitKey;
    readonly status?: SessionStatus;
    readonly language?: string;
    readonly endReason?: string | null;
    /** See {@link metadataExpression}. */
    readonly metadata?: unknown;
  } | null;
  readonly sessions: number;
  readonly events?: number;
  readonly ended?: number;
  readonly sumMs?: number;
  readonly minMs?: number | null;
  readonly maxMs?: number | null;
  readonly histogram?: readonly DurationBucket[];
}

/**
 * The logarithm of the ratio between durations of one bucket: the middle between its shortest and its longest is less
 * than 2 percent away from both.
 */
const bucketWidth = Math.log(1.038);

/** The pipeline that makes at most `limit` groups of the selected sessions, and its index if it is to be named. */
export function statisticsPipeline(
  selection: SessionSelection,
  grouping: Grouping,
  measures: GroupMeasures,
  limit: number,
) {
  const filter = sessionFilter(selection);
  const keys = keyExpressions(grouping);
  const stages = measures.percentiles
    ? [
        { $group: { _id: { ...keys, bucket }, ...sums(measures) } },
        mergeOfBuckets(Object.keys(keys), measures),
      ]
    : [
        {
          $group: { _id: Object.keys(keys).length > 0 ? keys : null, ...sums(measures), ...ended(measures) },
        },
      ];
  return {
    pipeline: [...(Object.keys(filter).length > 0 ? [{ $match: filter }] : []), ...stages, { $limit: limit }],
    hint: isInIndex(selection, grouping, measures) ? sessionIndexes.byStart : undefined,
  };
}

/** Whether all that is asked stands in one index, so that no session need be read. */
function isInIndex(selection: SessionSelection, grouping: Grouping, measures: GroupMeasures): boolean {
  const { sessionIds, metadata, lastEventAt, endReasons } = selection;
  const others = [sessionIds, metadata, lastEventAt, endReasons, grouping.metadataKey];
  return others.every((each) => each === null) && !grouping.endReason && !measures.events;
}

function keyExpressions({ startedAt, status, language, endReason, metadataKey }: Grouping): mongo.Document {
  return {
    ...(startedAt && { startedAt: unitExpressions(startedAt, '$startedAt') }),
    ...(status && { status: '$status' }),
    ...(language && { language: '$language' }),
    ...(endReason && { endReason: { $ifNull: ['$endReason', null] } }),
    ...(metadataKey !== null && { metadata: metadataExpression(metadataKey) }),
  };
}

/** Null if the session has not ended. One more than the duration, because nothing has no logarithm. */
const bucket = { $floor: { $divide: [{ $ln: { $add: ['$durationMs', 1] } }, bucketWidth] } };

function sums({ events, durations }: GroupMeasures): mongo.Document {
  return {
    sessions: { $sum: 1 },
    ...(events && { events: { $sum: '$eventCount' } }),
    ...(durations && {
      sumMs: { $sum: '$durationMs' },
      minMs: { $min: '$durationMs' },
      maxMs: { $max: '$durationMs' },
    }),
  };
}

function ended({ durations }: GroupMeasures): mongo.Document {
  return durations ? { ended: { $sum: { $cond: [{ $gte: ['$durationMs', 0] }, 1, 0] } } } : {};
}

/** The second group: those that differ in their buckets only become one, with all of its buckets. */
function mergeOfBuckets(keys: readonly string[], { events }: GroupMeasures): mongo.Document {
  return {
    $group: {
      _id: keys.length > 0 ? Object.fromEntries(keys.map((key) => [key, `$_id.${key}`])) : null,
      sessions: { $sum: '$sessions' },
      ...(events && { events: { $sum: '$events' } }),
      sumMs: { $sum: '$sumMs' },
      minMs: { $min: '$minMs' },
      maxMs: { $max: '$maxMs' },
      histogram: { $push: { sessions: '$sessions', minMs: '$minMs', maxMs: '$maxMs' } },
    },
  };
}

/**
 * What tells a session's value of a key of the metadata from others: its label; where that is a hash, which does not say
 * of which key, `{ value }`; of metadata that is stored as text, `{ text }`; null if there is no such value.
 */
function metadataExpression(key: string): mongo.Document {
  const isHashed = { $eq: [{ $indexOfBytes: ['$$label', 'sha256:'] }, 0] };
  const hashedLabels = { $filter: { input: '$labels', as: 'label', cond: isHashed } };
  const entries = {
    $filter: {
      input: { $objectToArray: '$metadata' },
      as: 'entry',
      cond: { $eq: ['$$entry.k', { $literal: key }] },
    },
  };
  const value = { $arrayElemAt: [{ $map: { input: entries, as: 'entry', in: '$$entry.v' } }, 0] };
  const long = {
    $let: {
      vars: { value },
      in: {
        $cond: [{ $in: [{ $type: '$$value' }, ['missing', 'object', 'array']] }, null, { value: '$$value' }],
      },
    },
  };
  const hashed = { $cond: [{ $eq: [{ $type: '$metadata' }, 'string'] }, { text: '$metadata' }, long] };
  return {
    $ifNull: [plainLabel(key), { $cond: [{ $gt: [{ $size: hashedLabels }, 0] }, hashed, null] }],
  };
}

function plainLabel(key: string): mongo.Document | null {
  // A lone surrogate would reach the database as U+FFFD; labels of such keys are always hashed.
  if (/\p{Surrogate}/u.test(key)) return null;
  const isOfKey = { $eq: [{ $indexOfBytes: ['$$label', { $literal: labelPrefix(key) }] }, 0] };
  return { $arrayElemAt: [{ $filter: { input: '$labels', as: 'label', cond: isOfKey } }, 0] };
}

/** The value that {@link metadataExpression} stands for, as the only entry of a list; an empty list for none. */
export function metadataValueOf(key: string, metadata: unknown): unknown[] {
  if (typeof metadata === 'string') return [JSON.parse(metadata.slice(labelPrefix(key).length))];
  if (typeof metadata !== 'object' || metadata === null) return [];
  if ('value' in metadata) return [metadata.value];
  const { text } = metadata as { readonly text: string };
  const object = JSON.parse(text) as Record<string, unknown>;
  return Object.hasOwn(object, key) ? [object[key]] : [];
}
