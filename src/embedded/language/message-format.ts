import { Binary } from 'bson';
import { BsonDocument, BsonValue } from './bson-value';

/** Strings beyond this many bytes are cut in messages, and how many bytes then remain. */
const LONGEST_STRING = 159;
const CUT_STRING = 70;

/** A value as MongoDB prints it in messages: `{ sessionId: "a", k: 1.0 }`, `new Date(5)`, `[ 1, 2 ]`. */
export function formatForMessage(value: BsonValue | undefined): string {
  if (value == null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return formatString(value);
  if (value instanceof Map) return formatDocument(value);
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : `[ ${value.map(formatForMessage).join(', ')} ]`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  switch (value._bsontype) {
    case 'Double':
      return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
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
  return `{ ${Array.from(document, ([name, value]) => formatField(name, value)).join(', ')} }`;
}

function formatString(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length > LONGEST_STRING ? `"${bytes.toString('utf8', 0, CUT_STRING)}..."` : `"${text}"`;
}

function formatBinary(value: Binary): string {
  if (value.sub_type === Binary.SUBTYPE_UUID && value.length() === 16)
    return `UUID("${value.toUUID().toString()}")`;
  return `BinData(${value.sub_type}, ${value.toString('hex').toUpperCase()})`;
}
