import { RateLimiterMemory, RateLimiterMongo } from 'rate-limiter-flexible';
import type { JWTVerifyGetKey } from 'jose';
import { authMethodsOf, type RateQuota } from '../../access-settings';
import type { Config } from '../../config';
import type { Database } from '../../database/database';
import type { Log } from '../../log';
import { openRateLimitCollection } from '../../store/rate-limit-collection';
import { parseApiKeys } from './api-keys';
import {
  type Authenticator,
  CredentialAuthenticator,
  type CredentialSources,
  openToAll,
} from './authenticator';
import { RateLimits } from './rate-limits';
import { RemoteKeys } from './remote-keys';
import { parseKeyFile } from './token-verifier';
import { parseManifest, TrustedDocuments } from './trusted-documents';
import { readSettingFile, WatchedFile } from './watched-file';

/** Authentication, rate limits and trusted documents, for operations over any transport. */
export interface Access {
  readonly authenticator: Authenticator;
  /** Null: no limit. */
  readonly rateLimits: RateLimits | null;
  /** Null: every valid document runs. */
  readonly trustedDocuments: TrustedDocuments | null;
  close(): void;
}

/**
 * Opens access by the settings and the files that they name.
 * @throws Error with one line for the operator, if a file cannot be used
 */
export async function openAccess(config: Config, database: Database, log: Log): Promise<Access> {
  const { trustedDocuments, rateLimit } = config;
  const documents =
    trustedDocuments === null ? null : readSettingFile('TRUSTED_DOCUMENTS', trustedDocuments, parseManifest);
  const authenticator = openAuthenticator(config, log);
  try {
    const limits = rateLimit === null ? null : await openRateLimits(rateLimit, config, database, log);
    return {
      authenticator,
      rateLimits: limits?.rateLimits ?? null,
      trustedDocuments: documents && new TrustedDocuments(documents),
      close() {
        authenticator.close();
        limits?.close();
      },
    };
  } catch (error) {
    authenticator.close();
    throw error;
  }
}

function openAuthenticator(config: Config, log: Log): Authenticator {
  const methods = authMethodsOf(config);
  if (methods.length === 0) return openToAll;
  const keysChanged = (): void => authenticator.keysChanged();
  const tokens = methods.includes('jwt') ? openTokens(config, keysChanged, log) : null;
  const file = methods.includes('keys')
    ? new WatchedFile('API_KEYS_FILE', config.apiKeysFile!, parseApiKeys, keysChanged, log)
    : null;
  const apiKeys = file && (() => file.value);
  const authenticator = new CredentialAuthenticator({ tokens, apiKeys }, () => file?.close());
  return authenticator;
}

function openTokens(config: Config, changed: () => void, log: Log): CredentialSources['tokens'] {
  return {
    findKey: openIssuerKeys(config, changed, log),
    rules: {
      issuer: config.jwtIssuer!,
      audience: config.jwtAudience!,
      algorithms: config.jwtAlgorithms,
      clockSkewMs: config.jwtClockSkewMs,
    },
  };
}

function openIssuerKeys(config: Config, changed: () => void, log: Log): JWTVerifyGetKey {
  if (config.jwtKeyFile !== null) return readSettingFile('JWT_KEY_FILE', config.jwtKeyFile, parseKeyFile);
  const keys = new RemoteKeys(config.jwtJwksUrl!, changed, log);
  keys.start();
  return keys.find;
}

async function openRateLimits(
  quota: RateQuota,
  { rateLimitStore }: Config,
  { connection }: Database,
  log: Log,
) {
  const options = { points: quota.points, duration: quota.seconds };
  const inMemory = new RateLimiterMemory(options);
  if (rateLimitStore === 'memory')
    return { rateLimits: new RateLimits(quota, inMemory), close: () => undefined };
  const { database, name, close } = await openRateLimitCollection(connection, log);
  const shared = new RateLimiterMongo({
    ...options,
    storeClient: database,
    tableName: name,
    disableIndexesCreation: true,
    // While the database is unavailable, each process counts for itself.
    insuranceLimiter: inMemory,
  });
  return { rateLimits: new RateLimits(quota, shared), close };
}
