import { BsonDocument, BsonValue } from '../../language/bson-value';
import { encodeKeyComponent } from '../../language/key-component';
import { IndexInfo } from '../../storage/view';
import { afterPrefix } from '../byte-interval';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Rows, Stage } from './stage';

/** Fetches the one document that has an `_id`. */
export class IdLookup extends Stage {
  constructor(
    private readonly index: IndexInfo,
    private readonly id: BsonValue,
  ) {
    super('IDHACK');
  }

  describe(): BsonDocument {
    return new Map();
  }

  override counters(): BsonDocument {
    return new Map([
      ['keysExamined', count(this.keysExamined)],
      ['docsExamined', count(this.docsExamined)],
    ]);
  }

  override get isExhausted(): boolean {
    return this.returned > 0 || super.isExhausted;
  }

  *rows(execution: Execution): Rows {
    const view = execution.view!;
    const key = encodeKeyComponent(this.id, 1);
    for (const { recordId } of view.scanIndex(this.index, key, afterPrefix(key), false)) {
      this.keysExamined++;
      this.docsExamined++;
      this.returned++;
      yield { recordId, bytes: view.document(recordId)! };
    }
    this.ended = true;
  }
}
