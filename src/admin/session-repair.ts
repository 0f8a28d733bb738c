import type { Store } from '../store/store';
import type { Finding } from './session-check';

/**
 * Repairs what can be repaired of one session, in one step. Returns the repaired findings: none if the session has changed
 * since the check.
 */
export async function repairSession(store: Store, findings: readonly Finding[]): Promise<readonly Finding[]> {
  const mendable = findings.filter(({ repair }) => repair !== null);
  const [first] = mendable;
  if (!first?.repair) return [];
  const set = Object.assign({}, ...mendable.map(({ repair }) => repair!.set));
  const { modifiedCount } = await store.sessions.updateOne(first.repair.guard, { $set: set });
  return modifiedCount === 1 ? mendable : [];
}
