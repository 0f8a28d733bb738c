import { badUserInput } from '../errors';
import type { EventSelection } from '../store/event-queries';
import type { EventType } from '../store/event-type';
import type { JsonObject } from '../store/json-object';
import { isScalar } from '../store/labels';
import type { SessionSelection } from '../store/session-queries';
import type { SessionStatus } from '../store/session-status';
import {
  checkEndReason,
  checkId,
  checkInstant,
  checkJson,
  checkLanguage,
  maxMetadataBytes,
  type Scalar,
} from './input-rules';

interface RangeInput<Value> {
  readonly from?: Value | null;
  readonly to?: Value | null;
}

type InstantRangeInput = RangeInput<Scalar<Date>>;

interface EventFilterInput {
  readonly types?: readonly EventType[] | null;
  readonly timestamp?: InstantRangeInput | null;
  readonly afterPosition?: number | null;
}

interface DurationRangeInput {
  readonly fromMs?: number | null;
  readonly toMs?: number | null;
}

export interface SessionFilterInput {
  readonly statuses?: readonly SessionStatus[] | null;
  readonly languages?: readonly string[] | null;
  readonly startedAt?: InstantRangeInput | null;
  readonly metadata?: Scalar<JsonObject> | null;
  readonly sessionIds?: readonly string[] | null;
  readonly endedAt?: InstantRangeInput | null;
  readonly duration?: DurationRangeInput | null;
  readonly lastEventAt?: InstantRangeInput | null;
  readonly endReasons?: readonly string[] | null;
}

/** Each value is a separate range of an index scan. */
export const maxFilterValues = 100;
export const maxFilterKeys = 20;
export const maxFilterIds = 500;

/** @throws BAD_USER_INPUT */
export function checkEventFilter(filter: EventFilterInput | null | undefined): EventSelection {
  return {
    types: filter?.types ?? null,
    timestamp: checkRange('filter.timestamp', filter?.timestamp),
    afterPosition: checkPosition('filter.afterPosition', filter?.afterPosition),
  };
}

/** @throws BAD_USER_INPUT */
export function checkSessionFilter(filter: SessionFilterInput | null | undefined): SessionSelection {
  const { sessionIds, languages, endReasons } = filter ?? {};
  return {
    statuses: filter?.statuses ?? null,
    languages: checkList('filter.languages', languages, maxFilterValues, checkLanguage),
    startedAt: checkRange('filter.startedAt', filter?.startedAt),
    metadata: checkMetadataFilter('filter.metadata', filter?.metadata),
    sessionIds: checkList('filter.sessionIds', sessionIds, maxFilterIds, checkId),
    endedAt: checkRange('filter.endedAt', filter?.endedAt),
    duration: checkDuration(filter?.duration),
    lastEventAt: checkRange('filter.lastEventAt', filter?.lastEventAt),
    endReasons: checkList('filter.endReasons', endReasons, maxFilterValues, checkEndReason),
  };
}

/** A position to read after; null if none was sent. */
export function checkPosition(argument: string, position: number | null | undefined): number | null {
  if (position == null) return null;
  if (position < 0) throw badUserInput(argument, 'must be a position, or 0 for the beginning.');
  return position;
}

function checkRange(argument: string, range: InstantRangeInput | null | undefined) {
  if (range == null) return null;
  return {
    from: checkInstant(`${argument}.from`, range.from),
    to: checkInstant(`${argument}.to`, range.to),
  };
}

function checkDuration(range: DurationRangeInput | null | undefined) {
  if (range == null) return null;
  const { fromMs, toMs } = range;
  // No duration is negative, and the partial index holds only durations from 0.
  return { from: fromMs == null ? null : Math.max(0, fromMs), to: toMs ?? null };
}

function checkList(
  argument: string,
  values: readonly string[] | null | undefined,
  max: number,
  check: (argument: string, value: string) => string,
): readonly string[] | null {
  if (values == null) return null;
  if (values.length > max) throw badUserInput(argument, `must contain at most ${max} values.`);
  return values.map((value, index) => check(`${argument}.${index}`, value));
}

function checkMetadataFilter(argument: string, metadata: Scalar<JsonObject> | null | undefined) {
  if (metadata == null) return null;
  const { value } = checkJson(argument, metadata, maxMetadataBytes);
  const keys = Object.keys(value);
  if (keys.length > maxFilterKeys)
    throw badUserInput(argument, `must contain at most ${maxFilterKeys} keys.`);
  for (const key of keys) checkMetadataValue(`${argument}.${key}`, value[key]);
  return value;
}

function checkMetadataValue(argument: string, wanted: unknown): void {
  if (!(Array.isArray(wanted) ? wanted.every(isScalar) : isScalar(wanted))) {
    throw badUserInput(argument, 'must be a string, number, boolean or null, or a list of those.');
  }
  if (Array.isArray(wanted) && wanted.length > maxFilterValues) {
    throw badUserInput(argument, `must contain at most ${maxFilterValues} values.`);
  }
}
