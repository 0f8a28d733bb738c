import { hash } from 'node:crypto';
import type { Caller } from './caller';

/** Who a credential speaks for, whichever address it comes from. */
export type KnownIdentity = Omit<Caller, 'address'>;

const maxRemembered = 10_000;

/**
 * Who the credentials spoke for that were verified before: a service sends the same one with every request, and a
 * signature costs more to verify than most operations cost to run. By digest, so that no secret is kept and no
 * comparison tells how much of one was right. Forgotten when they expire, and all of them when keys change.
 */
export class RememberedIdentities {
  /** By SHA-256 of the credential, oldest first. */
  private readonly known = new Map<string, KnownIdentity>();
  /** How often everything was forgotten. */
  private era = 0;

  find(digest: string): KnownIdentity | undefined {
    const identity = this.known.get(digest);
    if (identity === undefined || !hasExpired(identity)) return identity;
    this.known.delete(digest);
    return undefined;
  }

  /** Call it before a credential is verified and the result afterwards: what keys changed meanwhile is not kept. */
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

/** What a credential is remembered by. */
export function digestOfCredential(credential: string): string {
  return hash('sha256', credential, 'base64url');
}

export function hasExpired({ expiresAt }: Pick<Caller, 'expiresAt'>): boolean {
  return expiresAt !== null && expiresAt <= Date.now();
}
