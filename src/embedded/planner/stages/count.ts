import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Rows, Stage } from './stage';

/** Counts rows; hands on none. */
export class Count extends Stage {
  counted = 0;
  private skipped = 0;

  /** @param limit 0 for all */
  constructor(
    private readonly input: Stage,
    private readonly skip: number,
    private readonly limit: number,
  ) {
    super('COUNT', [input]);
  }

  describe(): BsonDocument {
    return new Map();
  }

  override counters(): BsonDocument {
    return new Map([
      ['nCounted', count(this.counted)],
      ['nSkipped', count(this.skipped)],
    ]);
  }

  *rows(execution: Execution): Rows {
    for (const row of this.input.rows(execution)) {
      if (!row) yield null;
      else if (this.skipped < this.skip) this.skipped++;
      else if (++this.counted === this.limit) break;
    }
    this.ended = true;
  }
}
