import type { Engine } from '../engine';
import { isNumber } from '../language/bson-value';
import { toDouble } from '../language/numbers';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { Options } from './options';
import { bson } from './request';
import { change } from './writes';

/** Nobody waits for the answers. */
const connection = { id: 0, address: '', gone: false };

/** Removes the documents whose time has come, as indexes with `expireAfterSeconds` say: one pass a minute, as MongoDB. */
export class Expiry {
  private readonly timer: NodeJS.Timeout;
  private passing: Promise<void> | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly catalog: () => readonly StoredCollection[],
    onFailure: (error: unknown) => void,
    everyMilliseconds: number,
  ) {
    this.timer = setInterval(() => {
      this.passing ??= this.pass()
        .catch(onFailure)
        .finally(() => (this.passing = null));
    }, everyMilliseconds).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.passing;
  }

  private async pass(): Promise<void> {
    for (const collection of this.catalog()) {
      for (const index of collection.indexes) await this.removeExpired(collection, index);
    }
  }

  private async removeExpired({ db, name }: StoredCollection, { spec, paths }: StoredIndex): Promise<void> {
    const seconds = spec.get('expireAfterSeconds');
    if (!isNumber(seconds)) return;
    const before = new Date(Date.now() - 1000 * toDouble(seconds));
    const partial = spec.get('partialFilterExpression') ?? {};
    const q = { $and: [{ [paths[0]!.path]: { $lt: before } }, partial] };
    const body = bson({ delete: name, deletes: [{ q, limit: 0 }] });
    const request = { name: 'delete', db, body, rawDocuments: [], connection };
    await change(request, this.engine, new Options(body, 'delete'));
  }
}
