import { decodeDocument, decodeFields } from '../language/codec';
import { FilterNode } from '../language/filter';
import { compileFilter } from '../language/filter-match';

/** The conjunction of the filters as a test of stored documents, which decodes only the fields it reads. */
export function documentTest(filters: readonly FilterNode[]): (bytes: Uint8Array) => boolean {
  if (filters.length === 0) return () => true;
  const { matches, fields } = compileFilter({ kind: 'and', children: [...filters] });
  return (bytes) => matches(fields ? decodeFields(bytes, fields) : decodeDocument(bytes));
}
