import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from './address';
import { rateLimited } from './refusals';

/** How many bad credentials one address may send within a minute. */
const attempts = 60;
const windowSeconds = 60;

/**
 * Counts the rejected credentials of each address. Beyond the limit, unknown credentials are refused unchecked; known ones
 * still work, even from that address.
 */
export class FailedAttempts {
  private readonly limiter = new RateLimiterMemory({ points: attempts, duration: windowSeconds });

  /** @throws RATE_LIMITED if the address has failed too often */
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
    'Too many credentials from this address were rejected. Wait before you try again.',
    retryAfterMs,
  );
}
