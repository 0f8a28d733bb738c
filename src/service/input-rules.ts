import { badUserInput, type DomainError } from '../errors';
import {
  measureJson,
  storeJson,
  type JsonMeasure,
  type JsonObject,
  type StoredJson,
} from '../store/json-object';

/**
 * An invalid value of a scalar. The scalar returns it instead of throwing, so that the service reports it like any other
 * rule: with the argument's path, and for one event of a batch alone.
 */
export class Unacceptable {
  constructor(readonly rule: string) {}
}

/** The value of a scalar, not yet checked. */
export type Scalar<T> = T | Unacceptable;

export const maxPayloadBytes = 256 * 1024;
export const maxMetadataBytes = 16 * 1024;
export const maxJsonDepth = 32;
const wellFormedId = /^[^\s\p{Control}\p{Surrogate}]{1,128}$/u;
const wellFormedReason = /^\P{Surrogate}{1,128}$/u;
const maxLanguageLength = 128;

/** Whether `id` is a valid sessionId or eventId. */
export function isId(id: string): boolean {
  return wellFormedId.test(id);
}

/** @throws BAD_USER_INPUT if `id` is not a valid sessionId or eventId */
export function checkId(argument: string, id: string): string {
  if (!isId(id)) {
    throw badUserInput(argument, 'must be 1 to 128 characters without white space or control characters.');
  }
  return id;
}

/**
 * The tag in canonical form: `EN-us` becomes `en-US`. BCP 47 tags for private and historical use that name no language
 * (`x-private`, `i-default`) have no canonical form in CLDR and are refused.
 * @throws BAD_USER_INPUT unless it is a well-formed BCP 47 tag that begins with a language
 */
export function checkLanguage(argument: string, tag: string): string {
  try {
    const [canonical] = tag.length > maxLanguageLength ? [] : Intl.getCanonicalLocales(tag);
    if (canonical !== undefined) return canonical;
  } catch {
    // RangeError: reported below, like the empty tag.
  }
  throw badUserInput(
    argument,
    'must be a well-formed BCP 47 tag that begins with a language, such as "en", "pt-BR" or "en-x-private".',
  );
}

/** @throws BAD_USER_INPUT if `reason` is empty, too long, or not well-formed Unicode */
export function checkEndReason(argument: string, reason: string): string {
  if (wellFormedReason.test(reason)) return reason;
  throw badUserInput(argument, 'must be 1 to 128 characters.');
}

/**
 * The instant; null if none was sent.
 * @throws BAD_USER_INPUT if it is not an instant
 */
export function checkInstant(argument: string, value: Scalar<Date> | null | undefined): Date | null {
  return value == null ? null : acceptable(argument, value);
}

/** A valid JSON object, its stored form, and an upper bound of its size in bytes. */
export interface CheckedJson {
  readonly value: JsonObject;
  readonly stored: StoredJson;
  readonly size: number;
}

/** @throws BAD_USER_INPUT if `value` is not a JSON object, too large or too deep */
export function checkJson(argument: string, value: Scalar<JsonObject>, maxBytes: number): CheckedJson {
  const object = acceptable(argument, value);
  const measure = measureJson(object, maxJsonDepth, maxBytes);
  if (measure.leastBytes > maxBytes) throw tooLarge(argument, maxBytes);
  if (measure.depth > maxJsonDepth)
    throw badUserInput(argument, `must be at most ${maxJsonDepth} levels deep.`);
  if (!measure.isJson)
    throw badUserInput(argument, 'must contain only JSON values, so no number such as 1e400.');
  return {
    value: object,
    stored: storeJson(object, measure),
    size: checkSize(argument, object, measure, maxBytes),
  };
}

/** The size as JSON, or an upper bound of it if that is below the limit, as for most objects. */
function checkSize(
  argument: string,
  object: JsonObject,
  { byteBound }: JsonMeasure,
  maxBytes: number,
): number {
  if (byteBound <= maxBytes) return byteBound;
  const bytes = Buffer.byteLength(JSON.stringify(object));
  if (bytes > maxBytes) throw tooLarge(argument, maxBytes);
  return bytes;
}

function tooLarge(argument: string, maxBytes: number): DomainError {
  return badUserInput(argument, `must be at most ${maxBytes / 1024} KiB of JSON.`);
}

/** @throws BAD_USER_INPUT if the scalar refused the value */
export function acceptable<T>(argument: string, value: Scalar<T>): T {
  if (value instanceof Unacceptable) throw badUserInput(argument, value.rule);
  return value;
}
