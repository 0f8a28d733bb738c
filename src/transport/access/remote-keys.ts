import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { serviceUnavailable } from '../../errors';
import type { Log } from '../../log';

/** How old the keys may become before they are fetched again, behind the back of the requests. */
const refreshAfterMs = 5 * 60_000;
/** How soon after a try the next one may follow: a token with an unknown key asks for one at once. */
const retryAfterMs = 1_000;
const timeoutMs = 5_000;

/**
 * The keys at a JWKS URL (RFC 7517): fetched once, again every few minutes, and when a token names a key that is not
 * among them, which is how issuers rotate theirs. While the URL does not answer, the last keys stay in use.
 */
export class RemoteKeys {
  /** It fetches only when it is told to: by itself, it would refuse every token once its keys are old. */
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

  /** Fetches them ahead of the first request; a failure is logged. */
  start(): void {
    void this.refresh();
  }

  /**
   * The key that a token was signed with.
   * @throws JOSEError if it is not among them; SERVICE_UNAVAILABLE where they could never be fetched
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.remote.jwks() && this.mayTry(retryAfterMs)) await this.refresh();
    if (!this.remote.jwks()) {
      throw serviceUnavailable('The keys that tokens are checked with could not be fetched yet. Try again.');
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
