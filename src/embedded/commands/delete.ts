import type { Engine } from '../engine';
import { BsonDocument, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { parseFilter } from '../language/filter';
import { formatForMessage } from '../language/message-format';
import { WriteScope } from '../storage/write-scope';
import { bulkReply, runBulk, StatementOutcome } from './bulk-write';
import type { CommandRequest, Reply } from './command';
import {
  assertFields,
  assertOptions,
  booleanOption,
  documentsOption,
  missing,
  requiredDocument,
} from './generic-options';
import { deleteRecord, SelectedRecords } from './modification';
import { assertWritable, namespaceOf } from './namespace';
import { assertRetryable } from './retryable';

const options = { taken: new Set(['deletes', 'ordered']), refused: new Set(['let']) };
const statementOptions = { taken: new Set(['q', 'limit', 'hint']), refused: new Set(['collation']) };

export async function deleteDocuments(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, options);
  const ns = namespaceOf(request);
  assertWritable(ns);
  const statements = documentsOption(request.body, 'deletes', 'delete');
  for (const statement of statements) {
    assertFields('delete.deletes', statement, statementOptions);
    requiredDocument(statement, 'q', 'delete.deletes');
    assertRetryable(request, engine, !deletesAll(statement), 'limit=0');
  }
  const runners: (DeleteStatement | undefined)[] = [];
  const totals = await runBulk(request, engine, {
    count: statements.length,
    ordered: booleanOption(request.body, 'ordered', 'delete', true),
    perform: (scope, index) => (runners[index] ??= new DeleteStatement(ns, statements[index]!)).run(scope),
  });
  return bulkReply(totals, false);
}

/** @throws MongoError for a limit other than 0 and 1 */
function deletesAll(statement: BsonDocument): boolean {
  const limit = statement.get('limit');
  if (limit === undefined) throw missing('limit', 'delete.deletes');
  const value = isNumber(limit) ? toDouble(limit) : NaN;
  if (value !== 0 && value !== 1) {
    throw new MongoError(
      9,
      `The limit field in delete objects must be 0 or 1. Got ${formatForMessage(limit)}`,
    );
  }
  return value === 0;
}

/** One statement of a delete; what it has done so far outlives a wait. */
class DeleteStatement {
  private readonly selected: SelectedRecords;
  private n = 0;

  /** @throws MongoError for a filter that is none */
  constructor(
    private readonly ns: string,
    statement: BsonDocument,
  ) {
    const filter = parseFilter(requiredDocument(statement, 'q', 'delete.deletes'));
    const multi = deletesAll(statement);
    this.selected = new SelectedRecords({ filter, hint: statement.get('hint'), multi });
  }

  run(scope: WriteScope): StatementOutcome {
    const collection = scope.use(this.ns);
    if (collection) {
      this.selected.each(scope, collection, (record) => {
        deleteRecord(scope, collection, record);
        this.n += 1;
      });
    }
    return { n: this.n };
  }
}
