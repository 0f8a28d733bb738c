import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig, settings } from '../src/config';
import { withoutSecrets } from '../src/mongodb-settings';

describe('the settings', () => {
  it('have defaults for everything, also where a variable is empty', () => {
    const config = readConfig({ PORT: '', MONGODB_URI: '' });

    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      dataDir: './data',
      mongodbUri: null,
      readPreference: 'primary',
    });
    expect(Object.keys(config)).toEqual(Object.keys(settings));
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('are read from the environment, and nothing else of it is', () => {
    const config = readConfig({
      PORT: '0',
      READ_PREFERENCE: 'secondaryPreferred',
      MONGODB_DATABASE: 'calls',
      HOME: '/',
    });

    expect(config).toMatchObject({ port: 0, readPreference: 'secondaryPreferred', mongodbDatabase: 'calls' });
  });

  it('are refused all at once, each with its variable, its value and its rule', () => {
    const env = {
      PORT: '65536',
      READ_PREFERENCE: 'everywhere',
      MONGODB_URI: 'localhost:27017',
      MAX_BODY_BYTES: '1e6',
      MONGODB_DATABASE: 'a b',
    };

    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(
      [
        'These settings cannot be used:',
        '  PORT="65536" must be a whole number from 0 to 65535',
        '  MONGODB_URI="localhost:27017" must begin with mongodb:// or mongodb+srv:// and name a host',
        '  MONGODB_DATABASE="a b" must be 1 to 63 characters without white space and none of / \\ . " $ * < > : | ?',
        '  READ_PREFERENCE="everywhere" must be one of primary, primaryPreferred, secondary, secondaryPreferred, nearest',
        '  MAX_BODY_BYTES="1e6" must be a whole number from 1024 to 268435456',
      ].join('\n'),
    );
  });

  it.each(['-1', '1.5', '0x10', ' 80', 'http'])('refuse %j for a number', (PORT) => {
    expect(() => readConfig({ PORT })).toThrow(`PORT=${JSON.stringify(PORT)} must be`);
  });

  it('keep a password out of the message', () => {
    expect(() => readConfig({ MONGODB_URI: 'mongo://user:secret@host' })).toThrow('"mongo://***@host"');
    expect(() => readConfig({ MONGODB_URI: 'mongodb:/user:secret@host' })).toThrow('"mongodb:/***@host"');
    expect(() => readConfig({ MONGODB_URI: 'user:sec:ret@host' })).toThrow('"user:***@host"');
  });

  it.each([
    ['mongodb://user:sec/r@t@host:1/db', 'mongodb://***@host:1/db'],
    ['mongodb+srv://user:secret@host/?a=1', 'mongodb+srv://***@host/?a=1'],
    [
      'mongodb://host/db?tls=true&tlsCertificateKeyFilePassword=secret&authMechanismProperties=TOKEN:secret&w=1',
      'mongodb://host/db?tls=true&tlsCertificateKeyFilePassword=***&authMechanismProperties=***&w=1',
    ],
    ['mongodb://host:27017/db', 'mongodb://host:27017/db'],
  ])('show of %s only %s', (uri, shown) => {
    expect(withoutSecrets(uri)).toBe(shown);
  });

  it.each(['mongodb://user:5%@host', 'mongodb://host/%E0%A4%A'])('refuse %s, which is not encoded', (uri) => {
    expect(() => readConfig({ MONGODB_URI: uri })).toThrow('must be percent-encoded');
  });

  it('are refused where they cannot be used together', () => {
    expect(() => readConfig({ MAX_BODY_BYTES: '33554432', MAX_QUEUED_BYTES: '16777216' })).toThrow(
      'MAX_QUEUED_BYTES=16777216 must not be below MAX_BODY_BYTES=33554432: a large batch could never be stored',
    );
  });
});

describe('a secret in a file', () => {
  let folder: string;
  let file: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conversations-'));
    file = join(folder, 'uri');
    writeFileSync(file, 'mongodb://user:secret@host\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read without the newline at its end', () => {
    expect(readConfig({ MONGODB_URI_FILE: file }).mongodbUri).toBe('mongodb://user:secret@host');
  });

  it('is not taken beside the variable itself', () => {
    expect(() => readConfig({ MONGODB_URI_FILE: file, MONGODB_URI: 'mongodb://other' })).toThrow(
      'MONGODB_URI and MONGODB_URI_FILE cannot both be set',
    );
  });

  it('must be there', () => {
    expect(() => readConfig({ MONGODB_URI_FILE: '/nowhere/uri' })).toThrow(
      'MONGODB_URI_FILE="/nowhere/uri" cannot be read: ENOENT',
    );
  });

  it('is taken of secrets only', () => {
    expect(readConfig({ HOST_FILE: file }).host).toBe('127.0.0.1');
  });
});
