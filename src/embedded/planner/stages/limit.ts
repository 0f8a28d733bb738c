import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Rows, Stage } from './stage';

/** The first rows only. */
export class Limit extends Stage {
  constructor(
    private readonly input: Stage,
    private readonly limit: number,
  ) {
    super('LIMIT', [input]);
  }

  override get isExhausted(): boolean {
    return this.returned >= this.limit || super.isExhausted;
  }

  describe(): BsonDocument {
    return new Map([['limitAmount', count(this.limit)]]);
  }

  *rows(execution: Execution): Rows {
    for (const row of this.input.rows(execution)) {
      if (row) this.returned++;
      yield row;
      if (this.returned === this.limit) break;
    }
    this.ended = true;
  }
}
