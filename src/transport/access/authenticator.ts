import type { JWTVerifyGetKey } from 'jose';
import { DomainError } from '../../errors';
import { type ApiKey, findApiKey } from './api-keys';
import { anonymousCaller, type Caller } from './caller';
import { FailedAttempts } from './failed-attempts';
import { unauthenticated } from './refusals';
import {
  digestOfCredential,
  hasExpired,
  type KnownIdentity,
  RememberedIdentities,
} from './remembered-identities';
import { type TokenRules, verifyToken } from './token-verifier';

/** Identifies the caller of a credential, from the headers of a request or the start of a connection. */
export interface Authenticator {
  /**
   * Synchronous for a credential seen before. `credential` is null if none was sent; `address` is the client's.
   * @throws UNAUTHENTICATED; RATE_LIMITED after many bad ones from one address; SERVICE_UNAVAILABLE while the keys of
   * the issuer have never been fetched. A promise rejects with the same.
   */
  authenticate(credential: string | null, address: string): Caller | Promise<Caller>;
  /** Whether the caller's API key is no longer in the key file, or no longer as it was. */
  isRevoked(caller: Caller): boolean;
  /** Calls `listener` each time keys have changed, for what lasts longer than a request. */
  onKeysChanged(listener: () => void): void;
  close(): void;
}

/** For AUTH=none: everyone is anonymous and may do everything. */
export const openToAll: Authenticator = {
  authenticate: (_credential, address) => anonymousCaller(address),
  isRevoked: () => false,
  onKeysChanged: () => undefined,
  close: () => undefined,
};

/** The sources that credentials are verified with. */
export interface CredentialSources {
  /** The current API keys; null if they are not accepted. */
  readonly apiKeys: (() => readonly ApiKey[]) | null;
  readonly tokens: { readonly findKey: JWTVerifyGetKey; readonly rules: TokenRules } | null;
}

/** For AUTH=jwt, keys or both. */
export class CredentialAuthenticator implements Authenticator {
  private readonly remembered = new RememberedIdentities();
  private readonly failed = new FailedAttempts();
  private readonly listeners: (() => void)[] = [];
  private keyRevisions: ReadonlySet<string>;

  constructor(
    private readonly sources: CredentialSources,
    readonly close: () => void,
  ) {
    this.keyRevisions = revisionsOf(sources);
  }

  authenticate(credential: string | null, address: string): Caller | Promise<Caller> {
    if (credential === null) throw unauthenticated(this.howTo());
    const digest = digestOfCredential(credential);
    const identity = this.remembered.find(digest);
    if (identity !== undefined) return { ...identity, address };
    return this.verify(credential, digest, address);
  }

  isRevoked({ keyRevision }: Caller): boolean {
    return keyRevision !== undefined && !this.keyRevisions.has(keyRevision);
  }

  onKeysChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Forgets all verified credentials, because keys have changed. */
  keysChanged(): void {
    this.remembered.forgetAll();
    this.keyRevisions = revisionsOf(this.sources);
    for (const listener of this.listeners) listener();
  }

  private async verify(credential: string, digest: string, address: string): Promise<Caller> {
    const apiKey = this.findKey(credential);
    // A valid key always passes, so that nobody who shares its address can lock it out.
    if (apiKey === null || hasExpired(apiKey)) await this.failed.refuseTooMany(address);
    const remember = this.remembered.startRemembering(digest);
    try {
      const identity = apiKey ? identityOf(apiKey) : await this.verifyToken(credential);
      remember(identity);
      return { ...identity, address };
    } catch (error) {
      if (error instanceof DomainError && error.code === 'UNAUTHENTICATED') await this.failed.count(address);
      throw error;
    }
  }

  private findKey(credential: string): ApiKey | null {
    return this.sources.apiKeys && findApiKey(this.sources.apiKeys(), credential);
  }

  private async verifyToken(credential: string): Promise<KnownIdentity> {
    const { apiKeys, tokens } = this.sources;
    if (tokens && (!apiKeys || looksLikeToken(credential)))
      return verifyToken(credential, tokens.findKey, tokens.rules);
    throw unauthenticated('The API key is unknown.', 'invalid_token');
  }

  private howTo(): string {
    const { apiKeys, tokens } = this.sources;
    const what = [tokens && 'a token', apiKeys && 'an API key'].filter(Boolean).join(' or ');
    return (
      `No credential was sent. Send ${what} as "Authorization: Bearer …". ` +
      'Queries and subscriptions need the scope sessions:read, mutations sessions:write.'
    );
  }
}

/** Whether it has three parts, of which the first begins with {" in Base64 (RFC 7519, section 3). */
function looksLikeToken(credential: string): boolean {
  return /^eyJ[^.]*\.[^.]*\.[^.]*$/.test(credential);
}

function revisionsOf({ apiKeys }: CredentialSources): ReadonlySet<string> {
  return new Set(apiKeys?.().map(({ revision }) => revision));
}

function identityOf(key: ApiKey): KnownIdentity {
  if (hasExpired(key)) throw unauthenticated('The API key has expired.', 'invalid_token');
  return { name: key.name, scopes: key.scopes, expiresAt: key.expiresAt, keyRevision: key.revision };
}
