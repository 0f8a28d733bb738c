import { BsonDocument, BsonValue } from '../../language/bson-value';
import { FilterNode } from '../../language/filter';
import { Execution } from '../execution';
import { count, describeFilters } from '../explain-format';
import { documentTest } from '../document-test';
import { Row, Rows, Stage } from './stage';

/** Fetches documents, and hands on those that pass what the keys could not decide. */
export class Fetch extends Stage {
  constructor(
    private readonly input: Stage,
    private readonly filters: readonly FilterNode[],
  ) {
    super('FETCH', [input]);
  }

  describe(): BsonDocument {
    return new Map<string, BsonValue>(
      this.filters.length > 0 ? [['filter', describeFilters(this.filters)]] : [],
    );
  }

  override counters(): BsonDocument {
    return new Map([['docsExamined', count(this.docsExamined)]]);
  }

  *rows(execution: Execution): Rows {
    const passes = documentTest(this.filters);
    for (const row of this.input.rows(execution)) {
      if (!row) {
        yield row;
        continue;
      }
      const bytes = row.bytes ?? execution.view!.document(row.recordId);
      if (!bytes) continue;
      this.docsExamined++;
      if (!passes(bytes)) continue;
      this.returned++;
      yield new FetchedRow(row, bytes);
    }
    this.ended = true;
  }
}

class FetchedRow implements Row {
  constructor(
    private readonly found: Row,
    readonly bytes: Uint8Array,
  ) {}

  get recordId(): number {
    return this.found.recordId;
  }

  get key(): Uint8Array | undefined {
    return this.found.key;
  }
}
