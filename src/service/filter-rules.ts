import { badUserInput } from '../errors';
import type { EventSelection } from '../store/event-queries';
import type { EventType } from '../store/event-type';
import type { JsonObject } from '../store/json-object';
import { isScalar } from '../store/labels';
import type { SessionSelection } from '../store/session-queries';
import type { SessionStatus } from '../store/session-status';
import { checkInstant, checkJson, checkLanguage, maxMetadataBytes, type Scalar } from './input-rules';

interface InstantRangeInput {
  readonly from?: Scalar<Date> | null;
  readonly to?: Scalar<Date> | null;
}

interface EventFilterInput {
  readonly types?: readonly EventType[] | null;
  readonly timestamp?: InstantRangeInput | null;
}

interface SessionFilterInput {
  readonly statuses?: readonly SessionStatus[] | null;
  readonly languages?: readonly string[] | null;
  readonly startedAt?: InstantRangeInput | null;
  readonly metadata?: Scalar<JsonObject> | null;
}

/** Each is a step of an index walk. */
const maxLanguages = 100;
const maxMetadataKeys = 20;

/** @throws BAD_USER_INPUT */
export function checkEventFilter(filter: EventFilterInput | null | undefined): EventSelection {
  return { types: filter?.types ?? null, timestamp: checkRange('filter.timestamp', filter?.timestamp) };
}

/** @throws BAD_USER_INPUT */
export function checkSessionFilter(filter: SessionFilterInput | null | undefined): SessionSelection {
  return {
    statuses: filter?.statuses ?? null,
    languages: checkLanguages('filter.languages', filter?.languages),
    startedAt: checkRange('filter.startedAt', filter?.startedAt),
    metadata: checkMetadataFilter('filter.metadata', filter?.metadata),
  };
}

function checkRange(argument: string, range: InstantRangeInput | null | undefined) {
  if (range == null) return null;
  return {
    from: checkInstant(`${argument}.from`, range.from),
    to: checkInstant(`${argument}.to`, range.to),
  };
}

function checkLanguages(argument: string, languages: readonly string[] | null | undefined) {
  if (languages == null) return null;
  if (languages.length > maxLanguages) throw badUserInput(argument, `must be at most ${maxLanguages} tags.`);
  return languages.map((tag, index) => checkLanguage(`${argument}.${index}`, tag));
}

function checkMetadataFilter(argument: string, metadata: Scalar<JsonObject> | null | undefined) {
  if (metadata == null) return null;
  const { value } = checkJson(argument, metadata, maxMetadataBytes);
  const keys = Object.keys(value);
  if (keys.length > maxMetadataKeys)
    throw badUserInput(argument, `must have at most ${maxMetadataKeys} keys.`);
  for (const key of keys) {
    if (!isScalar(value[key])) {
      throw badUserInput(`${argument}.${key}`, 'must be a string, number, boolean or null.');
    }
  }
  return value;
}
