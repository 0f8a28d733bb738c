import { isUtf8 } from 'node:buffer';
import { BadRequest } from './bad-request';
import type { EventLoopTurns } from '../event-loop-turns';

/** Bodies up to this size, in bytes, always parse quickly. They never wait. */
export const smallBody = 128 * 1024;
/** Payloads have a stricter rule; this one protects the parser. */
const maxDepth = 10_000;

/**
 * The JSON of a body, and nothing else: no key is special here, so that a payload comes out as it went in.
 * @throws BadRequest, or the promise rejects with it
 */
export function parseJsonBody(body: Buffer, maxValues: number, turns: EventLoopTurns): unknown {
  const checked = checkJson(body, 'body', maxValues, turns);
  return checked === null ? parse(textOf(body)) : parseInTurns(body, checked, turns);
}

/** Each step takes some 50 ms for 16 MiB, and has a turn of its own. */
async function parseInTurns(body: Buffer, checked: Promise<void>, turns: EventLoopTurns): Promise<unknown> {
  await checked;
  await turns.next();
  const text = textOf(body);
  await turns.next();
  return parse(text);
}

/**
 * Measures JSON before it is parsed: parsing takes a hundred times longer for objects of ever new keys than for text.
 * Null for a small one, which needs no check. The promise resolves in a turn of the event loop in which no other large
 * one is parsed.
 * @throws BadRequest, by the promise, where it is too deep or has too many values
 */
export function checkJson(
  json: Buffer,
  what: 'body' | 'message',
  maxValues: number,
  turns: EventLoopTurns,
): Promise<void> | null {
  return json.length <= smallBody ? null : turns.next().then(() => measure(json, what, maxValues));
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new BadRequest('The body is not valid UTF-8.');
  return body.toString();
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the text around the fault, and that can be a payload.
    const place = /at position (\d+)/.exec((error as Error).message);
    throw new BadRequest(`The body is not valid JSON${place ? `, at character ${place[1]}` : ''}.`);
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const openObject = 0x7b;
const closeList = 0x5d;
const closeObject = 0x7d;

/** Counts values and keys by their separators; invalid JSON is left to the parser. */
function measure(body: Buffer, what: string, maxValues: number): void {
  let values = 0;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) at = endOfString(body, at);
    else if (byte === comma || byte === colon) values += 1;
    else if (byte === openList || byte === openObject) {
      values += 1;
      depth += 1;
      if (depth > maxDepth) throw new BadRequest(`The ${what} nests more than ${maxDepth} levels deep.`);
    } else if (byte === closeList || byte === closeObject) depth -= 1;
    if (values > maxValues)
      throw new BadRequest(
        `The ${what} has more than ${maxValues} values and keys. Send less at a time.`,
        413,
      );
  }
}

function endOfString(body: Buffer, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}
