import { BsonDocument } from './bson-value';
import { encodeDocument } from './codec';
import { DocumentPieces } from './document-pieces';
import { ElementScanner } from './element-scanner';
import { nameAt } from './field-name';

/**
 * The document after a change of some of its top-level fields: what did not change is copied, not decoded.
 * @param before those fields as they are in `bytes`
 * @param after the same as they are to be, new ones behind the others; what does not change is the very same value
 */
export function patchDocument(bytes: Uint8Array, before: BsonDocument, after: BsonDocument): Uint8Array {
  const changes: BsonDocument = new Map();
  for (const [name, value] of after) if (value !== before.get(name)) changes.set(name, value);
  const encoded = encodeDocument(changes);
  const changed = new ElementScanner(encoded);
  const pieces = new DocumentPieces();
  let next = changed.next();
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const name = nameAt(bytes, fields.nameStart, fields.nameEnd);
    const old = before.get(name);
    if (old === undefined || old === after.get(name)) {
      pieces.add(bytes, fields.nameStart - 1, fields.valueEnd);
    } else if (next && changed.isNamed(name)) {
      // `changes` has the names in the same order.
      pieces.add(encoded, changed.nameStart - 1, changed.valueEnd);
      next = changed.next();
    }
  }
  if (next) pieces.add(encoded, changed.nameStart - 1, encoded.length - 1);
  return pieces.toDocument();
}
