import { Long } from 'bson';
import { BsonDocument, BsonValue } from '../../language/bson-value';
import { decodeFields } from '../../language/codec';
import { MongoError } from '../../language/errors';
import { topLevelName } from '../../language/path';
import { sortKeyOf } from '../../language/sort';
import { Execution } from '../execution';
import { count } from '../explain-format';
import { Row, Rows, Stage } from './stage';

/** MongoDB's limit for a sort in memory. */
const MEMORY_LIMIT = 100 * 1024 * 1024;

interface Sortable {
  readonly row: Row;
  readonly key: Uint8Array;
}

/** Sorts in memory what no index has in order; with a limit it keeps only the first rows. */
export class Sort extends Stage {
  private left = Infinity;
  private bytes = 0;

  /** @param limit 0 for all */
  constructor(
    private readonly input: Stage,
    private readonly spec: BsonDocument,
    private readonly limit: number,
  ) {
    super('SORT', [input]);
  }

  override get isExhausted(): boolean {
    return this.left === 0;
  }

  describe(): BsonDocument {
    return new Map<string, BsonValue>([
      ['sortPattern', this.spec],
      ['memLimit', count(MEMORY_LIMIT)],
      ...(this.limit > 0 ? [['limitAmount', count(this.limit)] as const] : []),
      ['type', 'simple'],
    ]);
  }

  override counters(): BsonDocument {
    return new Map<string, BsonValue>([
      ['totalDataSizeSorted', Long.fromNumber(this.bytes)],
      ['usedDisk', false],
    ]);
  }

  *rows(execution: Execution): Rows {
    const fields = new Set([...this.spec.keys()].map(topLevelName));
    const keyOf = sortKeyOf(this.spec);
    const most = this.limit > 0 ? this.limit : Infinity;
    let kept: Sortable[] = [];
    const keepFirst = () => {
      kept.sort((a, b) => Buffer.compare(a.key, b.key));
      kept = kept.slice(0, most);
    };
    for (const row of this.input.rows(execution)) {
      if (!row) {
        yield null;
        continue;
      }
      kept.push({ row, key: keyOf(decodeFields(row.bytes!, fields)) });
      this.bytes += row.bytes!.length;
      if (kept.length >= 2 * most + 100) keepFirst();
      if (this.bytes > MEMORY_LIMIT && kept.length * (this.bytes / this.input.returned) > MEMORY_LIMIT) {
        throw memoryLimitExceeded();
      }
    }
    keepFirst();
    this.left = kept.length;
    for (const { row } of kept) {
      this.left--;
      this.returned++;
      yield row;
    }
  }
}

function memoryLimitExceeded(): MongoError {
  return new MongoError(
    292,
    `Sort exceeded memory limit of ${MEMORY_LIMIT} bytes, but did not opt in to external sorting. Aborting operation. ` +
      'Pass allowDiskUse:true to opt in.',
  );
}
