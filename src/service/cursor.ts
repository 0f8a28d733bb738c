import { createHash } from 'node:crypto';
import { mongo } from 'mongoose';
import { badUserInput } from '../errors';
import type { EventOrder, EventPlace } from '../store/event-queries';
import type { Session } from '../store/session.model';
import type { SessionOrder, SessionPlace } from '../store/session-queries';

/**
 * A cursor encodes a place in base64url: six bytes that identify the list, the value that the list is ordered by, and a
 * tie-breaker. It stays valid with other page sizes and filters, and needs no state on the server.
 */
export interface CursorCodec<Row, Place> {
  encode(row: Row): string;
  /** @throws BAD_USER_INPUT if the cursor is of another list, or invalid */
  decode(argument: string, cursor: string): Place;
}

const listBytes = 6;
const valueBytes = 8;

/** Cursors of one session's events in one order. */
export function eventCursors(
  sessionId: string,
  { field, ascending }: EventOrder,
): CursorCodec<EventPlace, EventPlace> {
  const order = field === 'position' ? ' by position' : '';
  return codec(`events ${sessionId}${order}${ascending ? '' : ' descending'}`, {
    tieBytes: 4,
    write: (bytes, { timestamp, position }) => {
      bytes.writeDoubleBE(timestamp.getTime(), listBytes);
      bytes.writeUInt32BE(position, listBytes + valueBytes);
    },
    read: (timestamp, tie) => ({ timestamp: new Date(timestamp), position: tie.readUInt32BE() }),
  });
}

/** Cursors of the list of sessions in one order. */
export function sessionCursors({ field, ascending }: SessionOrder): CursorCodec<Session, SessionPlace> {
  return codec(`sessions by ${field} ${ascending ? 'ascending' : 'descending'}`, {
    tieBytes: 12,
    write: (bytes, session) => {
      bytes.writeDoubleBE(Number(session[field]), listBytes);
      bytes.set(session._id.id, listBytes + valueBytes);
    },
    read: (value, tie) => ({
      value: field === 'durationMs' ? value : new Date(value),
      _id: new mongo.ObjectId(Uint8Array.from(tie)),
    }),
  });
}

interface PlaceFormat<Row, Place> {
  readonly tieBytes: number;
  write(bytes: Buffer, row: Row): void;
  read(value: number, tie: Buffer): Place;
}

/** The range of a Date in either direction, in milliseconds (ECMAScript, "Time Values and Time Range"). */
const maxDateMs = 8.64e15;

function codec<Row, Place>(
  list: string,
  { tieBytes, write, read }: PlaceFormat<Row, Place>,
): CursorCodec<Row, Place> {
  const mark = createHash('sha256').update(list).digest().subarray(0, listBytes);
  const length = listBytes + valueBytes + tieBytes;
  return {
    encode(row) {
      const bytes = Buffer.allocUnsafe(length);
      mark.copy(bytes);
      write(bytes, row);
      return bytes.toString('base64url');
    },
    decode(argument, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const isOurs =
        bytes.length === length &&
        bytes.toString('base64url') === cursor &&
        mark.equals(bytes.subarray(0, listBytes));
      const value = isOurs ? bytes.readDoubleBE(listBytes) : NaN;
      if (!(Math.abs(value) <= maxDateMs)) {
        throw badUserInput(argument, 'must be a cursor of the same list.');
      }
      return read(value, bytes.subarray(listBytes + valueBytes));
    },
  };
}
