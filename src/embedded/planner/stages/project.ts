import { BsonDocument, isNumber } from '../../language/bson-value';
import { compileProjection } from '../../language/projection';
import { Execution } from '../execution';
import { Query } from '../query';
import { Rows, Stage } from './stage';

/** Makes each document into what the projection asks for. */
export class Project extends Stage {
  private readonly apply: (bytes: Uint8Array) => Uint8Array;

  constructor(
    private readonly input: Stage,
    private readonly spec: BsonDocument,
    { filter, projectionLanguage: language }: Query,
  ) {
    super(isSimple(spec) ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT', [input]);
    this.apply = compileProjection(spec, { filter, language }).applyToBytes;
  }

  describe(): BsonDocument {
    return new Map([['transformBy', this.spec]]);
  }

  *rows(execution: Execution): Rows {
    for (const row of this.input.rows(execution)) {
      if (row) this.returned++;
      yield row && { recordId: row.recordId, bytes: this.apply(row.bytes!) };
    }
    this.ended = true;
  }
}

/** Whether whole fields are taken or left. */
function isSimple(spec: BsonDocument): boolean {
  return [...spec].every(
    ([path, rule]) => !path.includes('.') && (isNumber(rule) || typeof rule === 'boolean'),
  );
}
