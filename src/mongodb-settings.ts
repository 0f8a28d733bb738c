/** @throws Error that says the rule, where `value` cannot be a connection string */
export function mongodbUri(value: string): string {
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(value))
    throw new Error('must begin with mongodb:// or mongodb+srv:// and name a host');
  if (!isPercentEncoded(value))
    throw new Error('must be percent-encoded: %25 for a % in a name or password, UTF-8 for all else');
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

/** @throws Error that says the rule, where MongoDB does not allow a database of this name */
export function databaseName(value: string): string {
  if (!/^[^/\\. "$*<>:|?\0]{1,63}$/.test(value)) {
    throw new Error('must be 1 to 63 characters without white space and none of / \\ . " $ * < > : | ?');
  }
  return value;
}

/**
 * A MONGODB_URI as a message may show it. Everything before the last @ counts as credentials, because a password with an
 * unescaped / or @ is just what a person is told about; of the options, those that can be secrets lose their values.
 */
export function withoutSecrets(uri: string): string {
  return uri
    .replace(/^([^/@:]*:\/*)?.*@/s, '$1***@')
    .replace(/([?&][^=&]*(?:password|properties)=)[^&]*/gi, '$1***');
}
