/** @throws Error that states the rule, if `value` is not a connection string */
export function mongodbUri(value: string): string {
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(value))
    throw new Error('must begin with mongodb:// or mongodb+srv:// and name a host');
  if (!isPercentEncoded(value))
    throw new Error('must be percent-encoded UTF-8, with %25 for a % in a name or password');
  return value;
}

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error that states the rule, if MongoDB does not allow this database name */
export function databaseName(value: string): string {
  if (!/^[^/\\. "$*<>:|?\0]{1,63}$/.test(value)) {
    throw new Error('must be 1 to 63 characters without white space and none of / \\ . " $ * < > : | ?');
  }
  return value;
}

/**
 * Masks the secrets of a MONGODB_URI for messages. Everything before the last @ counts as credentials, because the message
 * may be about an unescaped / or @ in a password; options that can be secrets lose their values.
 */
export function withoutSecrets(uri: string): string {
  return uri
    .replace(/^([^/@:]*:\/*)?.*@/s, '$1***@')
    .replace(/([?&][^=&]*(?:password|properties)=)[^&]*/gi, '$1***');
}
