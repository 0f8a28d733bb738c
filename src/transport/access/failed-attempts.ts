import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from './address';
import { rateLimited } from './refusals';

/** How many bad credentials one address may send within a minute before it has to wait. */
const attempts = 60;
const windowSeconds = 60;

/**
 * Counts the credentials of each address that were not accepted. Beyond the limit, those that are not known already are
 * no longer looked at: good ones go on working, also for those who share the address.
 */
export class FailedAttempts {
  private readonly limiter = new RateLimiterMemory({ points: attempts, duration: windowSeconds });

  /** @throws RATE_LIMITED where the address has failed too often */
  async refuseTooMany(address: string): Promise<void> {
    const state = await this.limiter.get(networkOf(address));
    if (state && state.consumedPoints >= attempts) throw tooMany(state.msBeforeNext);
  }

  async count(address: string): Promise<void> {
    await this.limiter.penalty(networkOf(address));
  }
}

function tooMany(retryAfterMs: number) {
  return rateLimited(
    'Too many credentials from this address were not accepted. Wait before the next.',
    retryAfterMs,
  );
}
