import { BsonDocument, isNumber } from '../../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument } from '../../language/codec';
import { compileProjection } from '../../language/projection';
import { Execution } from '../execution';
import { Rows, Stage } from './stage';

/** Makes each document into what the projection asks for. */
export class Project extends Stage {
  private readonly projection: ReturnType<typeof compileProjection>;

  constructor(
    private readonly input: Stage,
    private readonly spec: BsonDocument,
  ) {
    const simple = [...spec].every(
      ([path, value]) => !path.includes('.') && (isNumber(value) || typeof value === 'boolean'),
    );
    super(simple ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT', [input]);
    this.projection = compileProjection(spec);
  }

  describe(): BsonDocument {
    return new Map([['transformBy', this.spec]]);
  }

  protected *produce(execution: Execution): Rows {
    const { apply, fields } = this.projection;
    for (const row of this.input.rows(execution)) {
      if (!row) {
        yield null;
        continue;
      }
      const document = fields ? decodeFields(row.bytes!, fields) : decodeDocument(row.bytes!);
      yield { recordId: row.recordId, bytes: encodeDocument(apply(document)) };
    }
  }
}
