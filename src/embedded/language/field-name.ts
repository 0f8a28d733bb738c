import { BSON } from 'bson';

const SLOTS = 1024;
const LONGEST = 32;

/** The names of ASCII met last, each in the one slot that its bytes lead to: the same few hundred come again and again. */
const known = new Array<string>(SLOTS).fill('');

/** The name that these bytes spell: mostly the very string that they spelled before, which makes no new one. */
export function nameAt(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > LONGEST) return decoded(bytes, start, end);
  let hash = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > 127) return decoded(bytes, start, end);
    hash = (hash * 31 + byte) | 0;
  }
  const slot = hash & (SLOTS - 1);
  const name = known[slot]!;
  if (spells(name, bytes, start, end)) return name;
  return (known[slot] = decoded(bytes, start, end));
}

/** For names of ASCII, of which each byte is one unit. */
function spells(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function decoded(bytes: Uint8Array, start: number, end: number): string {
  return BSON.onDemand.ByteUtils.toUTF8(bytes, start, end, false);
}
