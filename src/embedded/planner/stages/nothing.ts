import { BsonDocument } from '../../language/bson-value';
import { Rows, Stage } from './stage';

/** Where there is no such collection. */
export class Nothing extends Stage {
  constructor() {
    super('EOF');
  }

  describe(): BsonDocument {
    return new Map();
  }

  // eslint-disable-next-line require-yield -- there is nothing to yield
  protected *produce(): Rows {}
}
