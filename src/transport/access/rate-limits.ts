import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateQuota } from '../../access-settings';
import { DomainError } from '../../errors';
import { networkOf } from './address';
import { anonymousName, type Caller } from './caller';
import { rateLimited } from './refusals';

/** The points that a caller has left, and when the budget is restored, in milliseconds. */
export interface RateState {
  readonly remaining: number;
  readonly resetMs: number;
}

/** How many callers over their budget are remembered. */
const maxSpent = 10_000;

/**
 * Limits what each caller may spend: a budget of points per time window, charged by the cost of operations, not their
 * number. Per principal; without one, per network address.
 */
export class RateLimits {
  private readonly states = new WeakMap<Caller, RateState>();
  /** Callers that were refused, by key, so that refusing them again is cheap. */
  private readonly spent = new Map<string, { readonly remaining: number; readonly until: number }>();

  constructor(
    readonly quota: RateQuota,
    private readonly limiter: RateLimiterAbstract,
  ) {}

  /**
   * Takes `points` from the caller's budget, or nothing if too few are left.
   * @throws RATE_LIMITED with `retryAfterMs`; QUERY_TOO_COMPLEX if the whole budget is smaller
   */
  async take(caller: Caller, points: number): Promise<void> {
    if (points > this.quota.points) {
      throw new DomainError(
        'QUERY_TOO_COMPLEX',
        `The operation costs ${points} points, more than the rate limit of ${this.quota.points} ever allows.`,
        { cost: points, limit: this.quota.points },
      );
    }
    const key = keyOf(caller);
    this.refuseSpent(caller, key, points);
    try {
      this.note(caller, await this.limiter.consume(key, points));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const { remainingPoints, msBeforeNext } = await this.limiter.reward(key, points);
      this.remember(key, remainingPoints, msBeforeNext);
      throw this.refuse(caller, points, remainingPoints, msBeforeNext);
    }
  }

  /** The caller's state, without taking points. */
  async stateOf(caller: Caller): Promise<RateState> {
    const known = this.states.get(caller);
    if (known) return known;
    const found = await this.limiter.get(keyOf(caller));
    if (!found) return { remaining: this.quota.points, resetMs: this.quota.seconds * 1000 };
    return { remaining: Math.max(0, this.quota.points - found.consumedPoints), resetMs: found.msBeforeNext };
  }

  private refuseSpent(caller: Caller, key: string, points: number): void {
    const spent = this.spent.get(key);
    if (!spent) return;
    const leftMs = spent.until - performance.now();
    if (leftMs <= 0) this.spent.delete(key);
    else if (points > spent.remaining) throw this.refuse(caller, points, spent.remaining, leftMs);
  }

  private refuse(caller: Caller, points: number, remaining: number, resetMs: number): DomainError {
    this.states.set(caller, { remaining, resetMs });
    return rateLimited(
      `This costs ${points} points, and ${remaining} of ${this.quota.points} are left for the next ${Math.ceil(resetMs / 1000)} s.`,
      resetMs,
    );
  }

  private remember(key: string, remaining: number, resetMs: number): void {
    if (this.spent.size >= maxSpent) this.spent.clear();
    this.spent.set(key, { remaining, until: performance.now() + resetMs });
  }

  private note(caller: Caller, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
    this.states.set(caller, { remaining: remainingPoints, resetMs: msBeforeNext });
  }
}

/** The two headers of draft-ietf-httpapi-ratelimit-headers. */
export function rateLimitHeaders(
  { points, seconds }: RateQuota,
  state: RateState | null,
): Record<string, string> {
  const policy = { 'ratelimit-policy': `"default";q=${points};w=${seconds}` };
  if (!state) return policy;
  const resetSeconds = Math.ceil(state.resetMs / 1000);
  return { ...policy, ratelimit: `"default";r=${state.remaining};t=${resetSeconds}` };
}

function keyOf({ name, address }: Caller): string {
  return name === anonymousName ? `address ${networkOf(address)}` : `caller ${name}`;
}
