import { createHash } from 'node:crypto';
import { mongo } from 'mongoose';
import { badUserInput } from '../errors';
import type { EventPlace } from '../store/event-queries';
import type { SessionPlace } from '../store/session-queries';

/**
 * A cursor is the place itself, in base64url: six bytes that tell its list from all others, the instant, and what
 * settles ties. It holds whatever else the list is asked for, and nothing has to be kept for it.
 */
export interface CursorCodec<Place> {
  encode(place: Place): string;
  /** @throws BAD_USER_INPUT where the cursor is of another list, or made up */
  decode(argument: string, cursor: string): Place;
}

const listBytes = 6;
const instantBytes = 8;

/** Cursors of one session's events. */
export function eventCursors(sessionId: string): CursorCodec<EventPlace> {
  return codec(`events ${sessionId}`, {
    tieBytes: 4,
    write: (bytes, { timestamp, position }) => {
      bytes.writeDoubleBE(timestamp.getTime(), listBytes);
      bytes.writeUInt32BE(position, listBytes + instantBytes);
    },
    read: (timestamp, tie) => ({ timestamp, position: tie.readUInt32BE() }),
  });
}

/** Cursors of the list of sessions in one direction. */
export function sessionCursors(ascending: boolean): CursorCodec<SessionPlace> {
  return codec(`sessions by startedAt ${ascending ? 'ascending' : 'descending'}`, {
    tieBytes: 12,
    write: (bytes, { startedAt, _id }) => {
      bytes.writeDoubleBE(startedAt.getTime(), listBytes);
      bytes.set(_id.id, listBytes + instantBytes);
    },
    read: (startedAt, tie) => ({ startedAt, _id: new mongo.ObjectId(Uint8Array.from(tie)) }),
  });
}

interface PlaceFormat<Place> {
  readonly tieBytes: number;
  write(bytes: Buffer, place: Place): void;
  read(instant: Date, tie: Buffer): Place;
}

function codec<Place>(list: string, { tieBytes, write, read }: PlaceFormat<Place>): CursorCodec<Place> {
  const mark = createHash('sha256').update(list).digest().subarray(0, listBytes);
  const length = listBytes + instantBytes + tieBytes;
  return {
    encode(place) {
      const bytes = Buffer.allocUnsafe(length);
      mark.copy(bytes);
      write(bytes, place);
      return bytes.toString('base64url');
    },
    decode(argument, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const isOurs =
        bytes.length === length &&
        bytes.toString('base64url') === cursor &&
        mark.equals(bytes.subarray(0, listBytes));
      const instant = isOurs ? new Date(bytes.readDoubleBE(listBytes)) : null;
      if (instant === null || Number.isNaN(instant.getTime())) {
        throw badUserInput(argument, 'must be a cursor that this very list gave out.');
      }
      return read(instant, bytes.subarray(listBytes + instantBytes));
    },
  };
}
