import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Row, Rows, Stage } from './stage';

const noRows: Row[] = [];

/** The number of a collection's documents, as the storage keeps it. */
export class StoredCount extends Stage {
  counted = 0;

  constructor(
    private readonly skip: number,
    private readonly limit: number,
  ) {
    super('RECORD_STORE_FAST_COUNT');
  }

  describe(): BsonDocument {
    return new Map();
  }

  override counters(): BsonDocument {
    return new Map([['nCounted', count(this.counted)]]);
  }

  *rows({ view }: Execution): Rows {
    const left = Math.max(0, (view?.documentCount() ?? 0) - this.skip);
    this.counted = this.limit > 0 ? Math.min(left, this.limit) : left;
    yield* noRows;
    this.ended = true;
  }
}
