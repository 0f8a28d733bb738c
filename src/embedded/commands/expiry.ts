import { documentOf, isNumber } from '../language/bson-value';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { Clock } from '../planner/execution';
import { conjunctsOf } from '../planner/query';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { viewOf } from '../storage/collection-view';
import { GroupCommit } from '../storage/group-commit';

import { deleteRecord, SelectedRecords } from './modification';

/** Removes the documents whose time has come, as indexes with `expireAfterSeconds` say: one pass a minute, as MongoDB. */
export class Expiry {
  private readonly timer: NodeJS.Timeout;
  private passing: Promise<void> | null = null;

  constructor(
    private readonly groups: GroupCommit,
    private readonly onFailure: (error: unknown) => void,
    everyMilliseconds: number,
  ) {
    this.timer = setInterval(() => {
      this.passing ??= this.pass().finally(() => (this.passing = null));
    }, everyMilliseconds).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.passing;
  }

  private async pass(): Promise<void> {
    try {
      for (const collection of this.groups.catalog.all()) {
        for (const index of collection.entryIndexes) await this.removeExpired(collection, index);
      }
    } catch (error) {
      this.onFailure(error);
    }
  }

  private async removeExpired(
    { ns }: StoredCollection,
    { spec, paths, partial }: StoredIndex,
  ): Promise<void> {
    const seconds = spec.get('expireAfterSeconds');
    if (!isNumber(seconds)) return;
    const before = new Date(Date.now() - 1000 * toDouble(seconds));
    const expired = parseFilter(documentOf({ [paths[0]!.path]: documentOf({ $lt: before }) }));
    const filter = { kind: 'and' as const, children: [expired, ...(partial ? conjunctsOf(partial) : [])] };
    const selected = new SelectedRecords(
      { filter, multi: true },
      () => viewOf(this.groups.latest(), ns),
      () => new Clock(),
    );
    await this.groups.submit((scope) =>
      selected.each(scope, ns, (...found) => deleteRecord(scope, ...found)),
    );
  }
}
