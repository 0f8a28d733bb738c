/** The scopes of credentials. */
export const scopes = ['sessions:read', 'sessions:write', 'sessions:erase', 'metrics:read'] as const;
export type Scope = (typeof scopes)[number];

/** The sender of an operation, and what it may do. */
export interface Caller {
  /** For the log; never a secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** When the credential expires, in milliseconds of Date.now(); null: never. */
  readonly expiresAt: number | null;
  /** Which entry of the key file its API key is, as `ApiKey.revision`; absent for other callers. */
  readonly keyRevision?: string;
  /** The network address that the request came from. */
  readonly address: string;
}

/** The name of every caller without authentication. */
export const anonymousName = 'anonymous';
const everyScope: ReadonlySet<Scope> = new Set(scopes);

/** Any caller without authentication. */
export function anonymousCaller(address: string): Caller {
  return { name: anonymousName, scopes: everyScope, expiresAt: null, address };
}
