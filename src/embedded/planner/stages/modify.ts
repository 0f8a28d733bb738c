import { BsonDocument } from '../../language/bson-value';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Rows, Stage } from './stage';

/** Stands in an explanation for what a write would change; it changes nothing. */
export class Modify extends Stage {
  constructor(
    private readonly input: Stage,
    name: 'UPDATE' | 'DELETE',
  ) {
    super(name, [input]);
  }

  describe(): BsonDocument {
    return new Map();
  }

  override counters(): BsonDocument {
    const matched = count(this.input.returned);
    if (this.name === 'DELETE') return new Map([['nWouldDelete', matched]]);
    return new Map([
      ['nMatched', matched],
      ['nWouldModify', matched],
    ]);
  }

  *rows(execution: Execution): Rows {
    for (const row of this.input.rows(execution)) if (!row) yield null;
    this.ended = true;
  }
}
