import { RawDocument, RawDocuments, Reply } from '../commands/request';
import { BsonDocument } from '../language/bson-value';
import { encodeDocument } from '../language/codec';
import { HEADER_BYTES, isLegacy } from './message';

const OP_REPLY = 1;
const OP_MSG = 2013;
/** Bytes before the document of an OP_MSG: header, flags, section kind. */
export const OP_MSG_PREFIX = HEADER_BYTES + 5;
/** Bytes before the document of an OP_REPLY: header, flags, cursor id, starting from, number returned. */
const OP_REPLY_PREFIX = HEADER_BYTES + 20;

const DOCUMENT = 3;
const ARRAY = 4;
const ZERO = Buffer.of(0);

/** What stands before the first documents of any array. */
const ELEMENT_HEADS = Array.from({ length: 1000 }, (_, index) => headOf(DOCUMENT, String(index)));

let lastReplyId = 0;

/** The reply to a message as one buffer, ready to be sent. Raw documents are copied into it, not decoded. */
export function encodeReply(reply: Reply, request: Buffer): Buffer {
  const legacy = isLegacy(request);
  const prefix = Buffer.alloc(legacy ? OP_REPLY_PREFIX : OP_MSG_PREFIX);
  const pieces: Uint8Array[] = [prefix];
  addDocument(pieces, reply);
  const message = Buffer.concat(pieces);
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(lastReplyId, 4);
  request.copy(message, 8, 4, 8);
  message.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) message.writeInt32LE(1, HEADER_BYTES + 16);
  return message;
}

function addDocument(pieces: Uint8Array[], fields: Reply): void {
  enclose(pieces, () => {
    // Neighbours that hold no raw document are encoded together.
    let plain: BsonDocument = new Map();
    const addPlain = () => {
      if (plain.size > 0) pieces.push(encodeDocument(plain).subarray(4, -1));
      plain = new Map();
    };
    for (const [name, value] of fields) {
      if (value instanceof RawDocument) {
        addPlain();
        pieces.push(headOf(DOCUMENT, name), value.bytes);
      } else if (value instanceof RawDocuments) {
        addPlain();
        pieces.push(headOf(ARRAY, name));
        addArray(pieces, value.documents);
      } else if (value instanceof Map) {
        addPlain();
        pieces.push(headOf(DOCUMENT, name));
        addDocument(pieces, value as Reply);
      } else {
        plain.set(name, value);
      }
    }
    addPlain();
  });
}

function addArray(pieces: Uint8Array[], documents: readonly Uint8Array[]): void {
  enclose(pieces, () => {
    for (let index = 0; index < documents.length; index++) {
      pieces.push(ELEMENT_HEADS[index] ?? headOf(DOCUMENT, String(index)), documents[index]!);
    }
  });
}

/** Puts the length before what `addFields` adds, and a zero behind it. */
function enclose(pieces: Uint8Array[], addFields: () => void): void {
  const length = Buffer.allocUnsafe(4);
  const first = pieces.push(length) - 1;
  addFields();
  pieces.push(ZERO);
  let size = 0;
  for (let i = first; i < pieces.length; i++) size += pieces[i]!.length;
  length.writeInt32LE(size);
}

/** What stands before a value: its type and name. */
function headOf(type: number, name: string): Buffer {
  return Buffer.from(`${String.fromCharCode(type)}${name}\0`);
}
