import { CapturedLog } from '../../support/captured-log';
import { newSigningKey, signToken } from '../../support/issuer';
import { expectNoSecrets, privateText } from '../../support/secrets';
import { newApiKey } from '../../../src/transport/access/api-keys';

// Every log that the suite captures, and everything that its servers print, is searched for these when a test ends.
describe('a log fails its test where it holds', () => {
  it.each<[string, () => string | Promise<string>]>([
    ['an API key', newApiKey],
    ['a token', () => signToken(newSigningKey('key'))],
    ['an Authorization header', () => 'Authorization: Basic dXNlcjpzZWNyZXQ='],
    ['a password in a URI', () => 'mongodb://user:secret@127.0.0.1/'],
    ['a payload', () => privateText],
  ])('%s', async (what, secret) => {
    const log = new CapturedLog();
    log.warn({ err: new Error('failed', { cause: new Error(await secret()) }) }, 'something');

    expect(() => log.expectNoErrors()).toThrow(`the log holds ${what}`);
  });

  it('not where it says only that there was one', () => {
    const said = 'The Authorization header must be "Bearer" followed by a token. mongodb://***@127.0.0.1:1/';

    expect(() => expectNoSecrets('the log', said)).not.toThrow();
  });
});
