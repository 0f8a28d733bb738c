import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from './attack';
import { attacks } from './attacks';
import { payloads } from './payload-attacks';
import { Target } from './target';

/** How long others may wait for `/health/live`, in milliseconds. */
const longestWaitMs = 250;
const maxGrowthMiB = 600;
/** What a collection of garbage happens to add does not come back. */
const attempts = 3;

describe.each(['plain', 'auto'])(
  'no hostile request keeps others waiting, with EXECUTION=%s',
  (EXECUTION) => {
    itBearsAll(attacks, { EXECUTION });
  },
);

describe('nobody waits for the largest writes and reads', () => {
  itBearsAll(payloads, {});
});

/** A test for each attack on a server with these settings, and one of the server afterwards. */
function itBearsAll(attacks: readonly Attack[], settings: Record<string, string>): void {
  let target: Target;
  let atStartMiB: number;

  beforeAll(async () => {
    target = await Target.start(settings);
    atStartMiB = target.residentMiB();
  }, 60_000);
  afterAll(() => target?.close());

  it.each(attacks.map((attack) => [attack.name, attack] as const))(
    '%s',
    (_name, attack) => expectBearable(target, attack),
    120_000,
  );

  it('and afterwards the server is as it was', async () => {
    // Garbage is collected when something is allocated, and then again when there is little to do.
    const giveUp = Date.now() + 60_000;
    do {
      await target.send('{ sessions(first: 500) { nodes { id metadata } } }');
      await sleep(100);
    } while (target.residentMiB() - atStartMiB > maxGrowthMiB && Date.now() < giveUp);

    expect(target.residentMiB() - atStartMiB).toBeLessThanOrEqual(maxGrowthMiB);
    expect(target.logged).toBe('');
  }, 90_000);
}

/** Sends the attack alone and ten times at once. */
async function expectBearable(target: Target, attack: Attack): Promise<void> {
  for (const times of [1, 10]) {
    const beforeMiB = target.residentMiB();
    let damage = await target.suffer(attack, times);
    for (let more = 1; more < attempts && damage.longestWaitMs > longestWaitMs; more += 1)
      damage = await target.suffer(attack, times);

    expect(damage.longestWaitMs).toBeLessThanOrEqual(longestWaitMs);
    expect(damage.codes).not.toContain('INTERNAL_SERVER_ERROR');
    expect(Math.max(...damage.statuses)).toBeLessThanOrEqual(503);
    expect(target.residentMiB() - beforeMiB).toBeLessThanOrEqual(maxGrowthMiB);
  }
}
