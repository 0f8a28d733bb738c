import { hash } from 'node:crypto';
import type { Caller } from './caller';

/** The caller of a credential, without the address. */
export type KnownIdentity = Omit<Caller, 'address'>;

const maxRemembered = 10_000;

/**
 * Caches verified credentials, because verifying a signature costs more than most operations. Keyed by digest, so that no
 * secret is kept and comparisons leak nothing by their timing. Entries are dropped when they expire, and all of them when
 * keys change.
 */
export class RememberedIdentities {
  /** By SHA-256 of the credential, oldest first. */
  private readonly known = new Map<string, KnownIdentity>();
  /** Incremented each time that everything is forgotten. */
  private era = 0;

  find(digest: string): KnownIdentity | undefined {
    const identity = this.known.get(digest);
    if (identity === undefined || !hasExpired(identity)) return identity;
    this.known.delete(digest);
    return undefined;
  }

  /** Call it before a credential is verified, and the result afterwards: nothing is kept if keys changed meanwhile. */
  startRemembering(digest: string): (identity: KnownIdentity) => void {
    const { era } = this;
    return (identity) => {
      if (era !== this.era) return;
      if (this.known.size >= maxRemembered) {
        const [oldest] = this.known.keys();
        this.known.delete(oldest!);
      }
      this.known.set(digest, identity);
    };
  }

  forgetAll(): void {
    this.era += 1;
    this.known.clear();
  }
}

/** The digest of a credential, its cache key. */
export function digestOfCredential(credential: string): string {
  return hash('sha256', credential, 'base64url');
}

export function hasExpired({ expiresAt }: Pick<Caller, 'expiresAt'>): boolean {
  return expiresAt !== null && expiresAt <= Date.now();
}
