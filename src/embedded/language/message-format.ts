import { Binary } from 'bson';
import { BsonDocument, BsonValue } from './bson-value';

/** Strings beyond this many bytes are cut in messages, and how many bytes then remain. */
const LONGEST_STRING = 159;
const CUT_STRING = 70;

/** A value as MongoDB prints it in messages: `{ sessionId: "a", k: 1.0 }`, `new Date(5)`, `[ 1, 2 ]`. */
export function formatForMessage(value: BsonValue | undefined): string {
  if (value === undefined) return 'undefined';
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return formatString(value);
  if (value instanceof Map) return formatDocument(value);
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[ ${value.map(formatForMessage).join(', ')} ]`;
  }
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  switch (value._bsontype) {
    case 'Double':
      return formatDouble(value.value);
    case 'ObjectId':
      return `ObjectId('${value.toHexString()}')`;
    case 'Binary':
      return formatBinary(value);
    case 'BSONRegExp':
      return `/${value.pattern}/${value.options}`;
    case 'Timestamp':
      return `Timestamp(${value.getHighBitsUnsigned()}, ${value.getLowBitsUnsigned()})`;
    case 'MinKey':
    case 'MaxKey':
      return value._bsontype;
    case 'Code':
      return formatString(value.code);
    case 'BSONSymbol':
      return formatString(value.value);
    case 'Int32':
    case 'Long':
    case 'Decimal128':
      return value.toString();
  }
}

/** One field as MongoDB prints it in messages: `_id: 1`. */
export function formatField(name: string, value: BsonValue | undefined): string {
  return `${name}: ${formatForMessage(value)}`;
}

function formatDocument(document: BsonDocument): string {
  if (document.size === 0) return '{}';
  return `{ ${[...document].map(([name, value]) => formatField(name, value)).join(', ')} }`;
}

function formatString(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length > LONGEST_STRING ? `"${bytes.toString('utf8', 0, CUT_STRING)}..."` : `"${text}"`;
}

function formatBinary(value: Binary): string {
  const hex = Buffer.from(value.value()).toString('hex');
  if (value.sub_type !== Binary.SUBTYPE_UUID || hex.length !== 32) {
    return `BinData(${value.sub_type}, ${hex.toUpperCase()})`;
  }
  return `UUID("${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}")`;
}

/** C's `%.16g`, with `.0` behind what would look like an integer. */
function formatDouble(value: number): string {
  const text = Number.isFinite(value) ? shortestOf16Digits(value) : value < 0 ? '-inf' : 'inf';
  if (Number.isNaN(value)) return 'nan.0';
  return text.includes('.') ? text : `${text}.0`;
}

function shortestOf16Digits(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponentText = '0'] = value.toExponential(15).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -5 + 1 && exponent < 16) return String(Number(value.toPrecision(16)));
  const padded = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `${digits.replace(/\.?0+$/, '')}e${padded}`;
}
