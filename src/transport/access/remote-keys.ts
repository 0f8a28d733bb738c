import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { serviceUnavailable } from '../../errors';
import type { Log } from '../../log';

/** The age at which keys are fetched again, in the background. */
const refreshAfterMs = 5 * 60_000;
/** The minimum time between two fetches, because a token with an unknown key triggers one. */
const retryAfterMs = 1_000;
const timeoutMs = 5_000;

/**
 * The keys at a JWKS URL (RFC 7517): fetched at start, every few minutes, and when a token names an unknown key, because
 * issuers rotate keys. While the URL does not respond, the last keys stay in use.
 */
export class RemoteKeys {
  /** Fetches only on `reload`: on its own, it would refuse every token once its keys are old. */
  private readonly remote;
  private triedAt = -Infinity;
  private failing = false;
  private known = '';

  constructor(
    private readonly url: string,
    private readonly changed: () => void,
    private readonly log: Log,
  ) {
    this.remote = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: Infinity,
      cooldownDuration: Infinity,
      timeoutDuration: timeoutMs,
    });
  }

  /** Fetches the keys before the first request; a failure is logged. */
  start(): void {
    void this.refresh();
  }

  /**
   * Finds the key that a token was signed with.
   * @throws JOSEError if there is none; SERVICE_UNAVAILABLE if keys have never been fetched
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.remote.jwks() && this.mayTry(retryAfterMs)) await this.refresh();
    if (!this.remote.jwks()) {
      throw serviceUnavailable('The keys to verify tokens have not been fetched yet. Try again.');
    }
    if (this.mayTry(refreshAfterMs)) void this.refresh();
    try {
      return await this.remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.mayTry(retryAfterMs)) throw error;
      await this.refresh();
      return await this.remote(header, token);
    }
  };

  private mayTry(afterMs: number): boolean {
    return this.remote.reloading || performance.now() - this.triedAt >= afterMs;
  }

  /** Never rejects. */
  private async refresh(): Promise<void> {
    this.triedAt = performance.now();
    try {
      await this.remote.reload();
      if (this.failing) this.log.info({ url: this.url }, 'JWKS fetched again');
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.log.warn({ url: this.url, err: error }, 'JWKS could not be fetched');
      this.failing = true;
      return;
    }
    const fetched = JSON.stringify(this.remote.jwks());
    if (this.known !== '' && this.known !== fetched) this.changed();
    this.known = fetched;
  }
}
