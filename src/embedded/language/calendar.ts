import { Int32 } from 'bson';
import { BsonValue, isDocument, isNumber } from './bson-value';
import { check, MongoError } from './errors';
import { nameOf, Value } from './expression-scope';
import { toDouble } from './numbers';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The parts of a date whose UTC fields are those of the local time. */
const PARTS: Readonly<Record<string, (local: Date) => number>> = {
  $year: (local) => local.getUTCFullYear(),
  $month: (local) => local.getUTCMonth() + 1,
  $dayOfMonth: (local) => local.getUTCDate(),
  $hour: (local) => local.getUTCHours(),
  $minute: (local) => local.getUTCMinutes(),
  $second: (local) => local.getUTCSeconds(),
  $millisecond: (local) => local.getUTCMilliseconds(),
  $dayOfWeek: (local) => local.getUTCDay() + 1,
  $isoDayOfWeek: (local) => local.getUTCDay() || 7,
  $dayOfYear: dayOfYear,
  // Weeks begin on Sundays; the days before the first one are week 0.
  $week: (local) => Math.floor((dayOfYear(local) + 6 - local.getUTCDay()) / 7),
  $isoWeek: (local) => Math.ceil(dayOfYear(thursdayOf(local)) / 7),
  $isoWeekYear: (local) => thursdayOf(local).getUTCFullYear(),
};

/** Expression operators on dates, from their evaluated operands. A date that is not there gives null. */
export const DATE_OPERATORS: Readonly<Record<string, (operand: BsonValue) => Value>> = {
  ...Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, partOperator(part)])),
  $dateToString: dateToString,
  $dateToParts: dateToParts,
  $dateTrunc: dateTrunc,
};

function partOperator(part: (local: Date) => number): (operand: BsonValue) => Value {
  return (operand) => {
    const date = isDocument(operand) ? operand.get('date') : Array.isArray(operand) ? operand[0] : operand;
    const local = localTime(date, isDocument(operand) ? operand.get('timezone') : undefined);
    return local && new Int32(part(local));
  };
}

function dayOfYear(local: Date): number {
  return Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY) + 1;
}

/** The Thursday of a date's week, which decides the week's year (ISO 8601). */
function thursdayOf(local: Date): Date {
  return new Date(local.getTime() + (4 - (local.getUTCDay() || 7)) * DAY);
}

function localTime(date: Value, timezone: Value): Date | null {
  if (date == null || timezone === null) return null;
  check(date instanceof Date, 16006, `can't convert from BSON type ${nameOf(date)} to Date`);
  return timezone === undefined ? date : new Date(date.getTime() + offsetOf(timezone, date.getTime()));
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** How many milliseconds the local time of an Olson zone, or of an offset such as `+02:00`, is ahead of UTC. */
function offsetOf(timezone: Value, instant: number): number {
  check(typeof timezone === 'string', 40517, 'timezone must evaluate to a string');
  const fixed = /^([+-])(\d\d):?(\d\d)?$/.exec(timezone);
  if (fixed) return Number(`${fixed[1]}1`) * (Number(fixed[2]) * HOUR + Number(fixed[3] ?? 0) * MINUTE);
  // Zones change their offset at the quarters of an hour only.
  const quarter = Math.floor(instant / (15 * MINUTE)) * 15 * MINUTE;
  const key = `${timezone} ${quarter}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    if (offsets.size >= 100_000) offsets.clear();
    offsets.set(key, (offset = offsetByFormat(timezone, quarter)));
  }
  return offset;
}

function offsetByFormat(timeZone: string, instant: number): number {
  const parts = Object.fromEntries(
    formatterOf(timeZone).formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  ); // prettier-ignore
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  return Date.UTC(year!, month! - 1, day!, hour! % 24, minute, second) - instant;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  try {
    const numeric = 'numeric';
    const fields = {
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    } as const;
    formatter ??= new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      ...fields,
    });
  } catch {
    throw new MongoError(40485, `unrecognized time zone identifier: "${timeZone}"`);
  }
  formatters.set(timeZone, formatter);
  return formatter;
}

/** By the letter behind `%`: the part, and how many digits it has. */
const FORMATS: Readonly<Record<string, readonly [part: string, digits: number]>> = {
  Y: ['$year', 4],
  m: ['$month', 2],
  d: ['$dayOfMonth', 2],
  H: ['$hour', 2],
  M: ['$minute', 2],
  S: ['$second', 2],
  L: ['$millisecond', 3],
  j: ['$dayOfYear', 3],
  w: ['$dayOfWeek', 1],
  u: ['$isoDayOfWeek', 1],
  U: ['$week', 2],
  V: ['$isoWeek', 2],
  G: ['$isoWeekYear', 4],
};

function dateToString(operand: BsonValue): Value {
  check(isDocument(operand), 18629, '$dateToString only supports an object as its argument');
  const { date, format, timezone, onNull = null } = Object.fromEntries(operand);
  const local = localTime(date, timezone);
  if (local === null) return onNull;
  const pattern = format ?? (timezone === undefined ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L');
  check(typeof pattern === 'string', 18533, '$dateToString requires that format be a string');
  const offset = (local.getTime() - (date as Date).getTime()) / MINUTE;
  return pattern.replace(/%(.?)/gs, (_, letter: string) => {
    if (letter === '%') return '%';
    if (letter === 'Z') return String(offset);
    if (letter === 'z')
      return `${offset < 0 ? '-' : '+'}${padded(Math.trunc(Math.abs(offset) / 60), 2)}${padded(Math.abs(offset) % 60, 2)}`;
    check(Object.hasOwn(FORMATS, letter), 18536, `Invalid format character '%${letter}' in format string`);
    const [part, digits] = FORMATS[letter]!;
    return padded(PARTS[part]!(local), digits);
  });
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function dateToParts(operand: BsonValue): Value {
  check(isDocument(operand), 40524, '$dateToParts only supports an object as its argument');
  const local = localTime(operand.get('date'), operand.get('timezone'));
  if (local === null) return null;
  const days =
    operand.get('iso8601') === true ? '$isoWeekYear $isoWeek $isoDayOfWeek' : '$year $month $dayOfMonth';
  const names = `${days} $hour $minute $second $millisecond`.split(' ');
  return new Map(
    names.map((name) => [name === '$dayOfMonth' ? 'day' : name.slice(1), new Int32(PARTS[name]!(local))]),
  );
}

/** Hours are cut in local time, which differs from MongoDB's where a zone's offset changes within one of several. */
function dateTrunc(operand: BsonValue): Value {
  check(isDocument(operand), 5439007, '$dateTrunc only supports an object as its argument');
  const { date, unit, binSize, timezone, startOfWeek = 'sunday' } = Object.fromEntries(operand);
  const size = binSize === undefined ? 1 : isNumber(binSize) ? toDouble(binSize) : NaN;
  check(Number.isInteger(size) && size > 0, 5439018, '$dateTrunc requires binSize to be a positive integer');
  const local = localTime(date, timezone);
  if (local === null || unit == null) return null;
  const start = truncated(local, String(unit), size, String(startOfWeek));
  return new Date(
    start - (timezone === undefined ? 0 : offsetOf(timezone, start - offsetOf(timezone, start))),
  );
}

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
};
const WEEKDAYS = ['sat', 'sun', 'mon', 'tue', 'wed', 'thu', 'fri'];

/** Bins are counted from the beginning of 2000, a Saturday. */
function truncated(local: Date, unit: string, size: number, startOfWeek: string): number {
  const origin = Date.UTC(2000, 0, 1);
  if (unit === 'week') {
    const weekday = WEEKDAYS.indexOf(startOfWeek.toLowerCase().slice(0, 3));
    check(weekday >= 0, 5439015, '$dateTrunc parameter startOfWeek is no day of the week');
    return binStart(local.getTime(), origin + weekday * DAY, 7 * DAY * size);
  }
  if (Object.hasOwn(UNITS, unit)) return binStart(local.getTime(), origin, UNITS[unit]! * size);
  const months = { month: 1, quarter: 3, year: 12 }[unit];
  check(months !== undefined, 5439014, `unknown time unit value: ${unit}`);
  const since = (local.getUTCFullYear() - 2000) * 12 + local.getUTCMonth();
  return Date.UTC(2000, binStart(since, 0, months * size), 1);
}

function binStart(value: number, origin: number, size: number): number {
  return origin + Math.floor((value - origin) / size) * size;
}
