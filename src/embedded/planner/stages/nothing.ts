import { BsonDocument } from '../../language/bson-value';
import { Row, Rows, Stage } from './stage';

const noRows: Row[] = [];

/** Where there is no such collection. */
export class Nothing extends Stage {
  constructor() {
    super('EOF');
  }

  describe(): BsonDocument {
    return new Map();
  }

  *rows(): Rows {
    yield* noRows;
    this.ended = true;
  }
}
