import { BsonDocument, BsonValue } from '../../language/bson-value';
import { FilterNode } from '../../language/filter';
import { documentTest } from '../document-test';
import { Execution } from '../execution';
import { count, describeFilters } from '../explain-format';
import { Rows, Stage } from './stage';

/** Reads every document, in the order of insertion or the reverse of it. */
export class CollectionScan extends Stage {
  constructor(
    private readonly filters: readonly FilterNode[],
    private readonly reverse: boolean,
  ) {
    super('COLLSCAN');
  }

  describe(): BsonDocument {
    return new Map<string, BsonValue>([
      ...(this.filters.length > 0 ? [['filter', describeFilters(this.filters)] as const] : []),
      ['direction', this.reverse ? 'backward' : 'forward'],
    ]);
  }

  override counters(): BsonDocument {
    return new Map([['docsExamined', count(this.docsExamined)]]);
  }

  *rows(execution: Execution): Rows {
    const passes = documentTest(this.filters);
    for (const document of execution.view!.scanDocuments(this.reverse)) {
      this.docsExamined++;
      if (execution.clock.pauses()) yield null;
      if (!passes(document.bytes)) continue;
      this.returned++;
      yield document;
    }
    this.ended = true;
  }
}
