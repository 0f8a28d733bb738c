import { authMethodsOf } from '../../access-settings';
import type { Config } from '../../config';
import { parseApiKeys } from './api-keys';
import { parseKeyFile } from './token-verifier';
import { parseManifest } from './trusted-documents';
import { readSettingFile } from './watched-file';

/** Problems with the files that access settings name, one line each. The server would not start. */
export function findAccessFileProblems(config: Config): string[] {
  const { apiKeysFile, jwtKeyFile, trustedDocuments } = config;
  const methods = authMethodsOf(config);
  return [
    methods.includes('keys') ? problemWith('API_KEYS_FILE', apiKeysFile, parseApiKeys) : null,
    methods.includes('jwt') ? problemWith('JWT_KEY_FILE', jwtKeyFile, parseKeyFile) : null,
    problemWith('TRUSTED_DOCUMENTS', trustedDocuments, parseManifest),
  ].filter((problem) => problem !== null);
}

function problemWith(variable: string, path: string | null, parse: (text: string) => unknown): string | null {
  if (path === null) return null;
  try {
    readSettingFile(variable, path, parse);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
