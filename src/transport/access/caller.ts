/** What a credential may allow. */
export const scopes = ['sessions:read', 'sessions:write', 'sessions:erase', 'metrics:read'] as const;
export type Scope = (typeof scopes)[number];

/** Who sends an operation, and what they may do. */
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

/** The name of everyone where no authentication is configured. */
export const anonymousName = 'anonymous';
const everyScope: ReadonlySet<Scope> = new Set(scopes);

/** Everyone, where no authentication is configured. */
export function anonymousCaller(address: string): Caller {
  return { name: anonymousName, scopes: everyScope, expiresAt: null, address };
}
