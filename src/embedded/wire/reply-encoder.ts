import { Double, Int32 } from 'bson';
import { RawDocument, RawDocuments, Reply, ReplyValue } from '../commands/request';
import { BsonValue } from '../language/bson-value';
import { encodeDocument } from '../language/codec';
import { OP_MSG_PREFIX, OP_REPLY_PREFIX, writeReplyPrefix } from './message';

const DOUBLE = 1;
const STRING = 2;
const DOCUMENT = 3;
const ARRAY = 4;
const INT32 = 16;
const FIRST_SIZE = 512;
/** Type, index and zero before a document in an array. */
const MAX_INDEX_HEAD = 10;

let lastReplyId = 0;

/** One reply as one buffer, ready to be sent. Raw documents are copied into it, not decoded. */
export function encodeReply(reply: Reply, responseTo: number, legacy: boolean): Buffer {
  const writer = new ReplyWriter(legacy ? OP_REPLY_PREFIX : OP_MSG_PREFIX);
  writer.document(reply);
  const message = writer.written();
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  writeReplyPrefix(message, lastReplyId, responseTo, legacy);
  return message;
}

class ReplyWriter {
  private bytes = Buffer.allocUnsafe(FIRST_SIZE);

  constructor(private at: number) {}

  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  document(fields: Reply): void {
    const start = this.open();
    for (const [name, value] of fields) this.field(name, value);
    this.close(start);
  }

  private field(name: string, value: ReplyValue): void {
    if (value instanceof RawDocuments) {
      this.rawArray(name, value.documents);
    } else if (value instanceof RawDocument) {
      this.elementHead(DOCUMENT, name);
      this.append(value.bytes);
    } else if (value instanceof Map) {
      this.elementHead(DOCUMENT, name);
      this.document(value as Reply);
    } else if (!this.scalar(name, value)) {
      // A document of this one field holds the element between its length and its final zero.
      const single = encodeDocument(new Map([[name, value]]));
      this.append(single.subarray(4, single.length - 1));
    }
  }

  /** What nearly every reply says; false for any other value. */
  private scalar(name: string, value: BsonValue): boolean {
    if (typeof value === 'string') this.text(name, value);
    else if (value instanceof Int32) this.int32(name, value.value);
    else if (value instanceof Double) this.double(name, value.value);
    else return false;
    return true;
  }

  private rawArray(name: string, documents: readonly Uint8Array[]): void {
    this.elementHead(ARRAY, name);
    this.reserve(documents.reduce((sum, document) => sum + document.length + MAX_INDEX_HEAD, FIRST_SIZE));
    const start = this.open();
    for (let index = 0; index < documents.length; index++) {
      this.elementHead(DOCUMENT, String(index));
      this.append(documents[index]!);
    }
    this.close(start);
  }

  private text(name: string, value: string): void {
    this.elementHead(STRING, name);
    this.reserve(value.length * 3 + 5);
    const length = this.bytes.write(value, this.at + 4) + 1;
    this.bytes.writeInt32LE(length, this.at);
    this.at += 4 + length;
    this.bytes[this.at - 1] = 0;
  }

  private int32(name: string, value: number): void {
    this.elementHead(INT32, name);
    this.reserve(4);
    this.at = this.bytes.writeInt32LE(value, this.at);
  }

  private double(name: string, value: number): void {
    this.elementHead(DOUBLE, name);
    this.reserve(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  private elementHead(type: number, name: string): void {
    this.reserve(name.length * 3 + 2);
    this.bytes[this.at++] = type;
    if (!this.asciiName(name)) this.at += this.bytes.write(name, this.at);
    this.bytes[this.at++] = 0;
  }

  /** Short as they are, a loop is quicker than the platform's encoder. */
  private asciiName(name: string): boolean {
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i);
      if (unit > 127) return false;
      this.bytes[this.at + i] = unit;
    }
    this.at += name.length;
    return true;
  }

  /** Leaves room for a length, which `close` fills in. */
  private open(): number {
    this.reserve(4);
    this.at += 4;
    return this.at - 4;
  }

  private close(start: number): void {
    this.reserve(1);
    this.bytes[this.at++] = 0;
    this.bytes.writeInt32LE(this.at - start, start);
  }

  private append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  private reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}
