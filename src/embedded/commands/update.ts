import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { parseFilter } from '../language/filter';
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
import { assertUpdate, parseUpdate, SelectedRecords, updateRecord, upsert } from './modification';
import { assertWritable, namespaceOf } from './namespace';
import { assertRetryable } from './retryable';

const options = {
  taken: new Set(['updates', 'ordered', 'bypassDocumentValidation']),
  refused: new Set(['let']),
};
const statementOptions = {
  taken: new Set(['q', 'u', 'multi', 'upsert', 'arrayFilters', 'hint']),
  refused: new Set(['collation', 'c']),
};

export async function update(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, options);
  const ns = namespaceOf(request);
  assertWritable(ns);
  const statements = documentsOption(request.body, 'updates', 'update');
  for (const statement of statements) {
    assertFields('update.updates', statement, statementOptions);
    requiredDocument(statement, 'q', 'update.updates');
    if (!statement.has('u')) throw missing('u', 'update.updates');
    assertUpdate(statement.get('u'));
    assertRetryable(
      request,
      engine,
      !booleanOption(statement, 'multi', 'update.updates', false),
      'multi=true',
    );
  }
  const runners: (UpdateStatement | undefined)[] = [];
  const totals = await runBulk(request, engine, {
    count: statements.length,
    ordered: booleanOption(request.body, 'ordered', 'update', true),
    perform: (scope, index) => (runners[index] ??= new UpdateStatement(ns, statements[index]!)).run(scope),
  });
  return bulkReply(totals, true);
}

/** One statement of an update; what it has done so far outlives a wait. */
class UpdateStatement {
  private readonly filter;
  private readonly update;
  private readonly upserts: boolean;
  private readonly selected: SelectedRecords;
  private n = 0;
  private modified = 0;

  /** @throws MongoError for a filter or an update that is none */
  constructor(
    private readonly ns: string,
    statement: BsonDocument,
  ) {
    const multi = booleanOption(statement, 'multi', 'update.updates', false);
    this.upserts = booleanOption(statement, 'upsert', 'update.updates', false);
    this.filter = parseFilter(requiredDocument(statement, 'q', 'update.updates'));
    this.update = parseUpdate(statement.get('u'), this.filter, {
      multi,
      arrayFilters: statement.get('arrayFilters'),
    });
    this.selected = new SelectedRecords({ filter: this.filter, hint: statement.get('hint'), multi });
  }

  run(scope: WriteScope): StatementOutcome {
    const collection = scope.use(this.ns);
    if (collection) {
      this.selected.each(scope, collection, (record) => {
        const { modified } = updateRecord(scope, collection, record, this.update);
        this.n += 1;
        if (modified) this.modified += 1;
      });
    }
    if (this.n > 0 || !this.upserts) return { n: this.n, modified: this.modified };
    return { n: 1, modified: 0, upserted: upsert(scope, this.ns, this.filter, this.update).id };
  }
}
