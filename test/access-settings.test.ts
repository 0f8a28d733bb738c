import { authMethodsOf } from '../src/access-settings';
import { readConfig } from '../src/config';

const jwt = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'calls', JWT_KEY_FILE: '/keys/issuer.pem' };
const keys = { API_KEYS_FILE: '/keys/keys.json' };

describe('the settings of access', () => {
  it.each([
    [{}, []],
    [{ AUTH: 'none', ...jwt, ...keys }, []],
    [{ AUTH: 'jwt', ...jwt }, ['jwt']],
    [{ AUTH: 'keys, jwt', ...jwt, ...keys }, ['jwt', 'keys']],
    // What is configured is in force, also where AUTH was forgotten.
    [keys, ['keys']],
    [{ ...jwt, ...keys }, ['jwt', 'keys']],
  ])('%j mean %j', (env, methods) => {
    expect(authMethodsOf(readConfig(env))).toEqual(methods);
  });

  it.each([{ HOST: '127.0.0.1' }, { HOST: 'localhost' }, { HOST: '::1' }, { HOST: '0.0.0.0', AUTH: 'none' }])(
    'let a server listen with %j',
    (env) => {
      expect(readConfig(env).host).toBe(env.HOST);
    },
  );

  it.each(['0.0.0.0', '::', '192.168.0.7', 'calls.example'])(
    'keep a server without authentication from listening on %s, in one line',
    (HOST) => {
      expect(() => readConfig({ HOST })).toThrow(
        `HOST=${JSON.stringify(HOST)} is reachable from other machines: set AUTH to jwt or keys, or to none to let everyone do everything`,
      );
    },
  );

  it('say everything that is missing at once', () => {
    expect(() => readConfig({ AUTH: 'jwt,keys', HOST: '0.0.0.0' })).toThrow(
      [
        'These settings cannot be used:',
        '  AUTH=keys needs API_KEYS_FILE',
        '  AUTH=jwt needs JWT_ISSUER',
        '  AUTH=jwt needs JWT_AUDIENCE',
        '  AUTH=jwt needs either JWT_JWKS_URL or JWT_KEY_FILE',
      ].join('\n'),
    );
    expect(() => readConfig({ ...jwt, JWT_JWKS_URL: 'https://issuer.example/keys' })).toThrow('either');
  });

  it.each([
    [{ AUTH: 'basic' }, /none, jwt, keys or jwt,keys/],
    [{ AUTH: 'none,jwt' }, /none, jwt, keys or jwt,keys/],
    [{ JWT_ALGORITHMS: 'RS256,HS256' }, /must be one or more of RS256/],
    [{ JWT_ALGORITHMS: 'none' }, /must be one or more of RS256/],
    [{ JWT_JWKS_URL: 'http://issuer.example/keys' }, /https/],
    [{ CORS_ORIGINS: 'https://app.example/' }, /origins as browsers send them/],
    [{ CORS_ORIGINS: 'app.example' }, /origins as browsers send them/],
    [{ ALLOWED_HOSTS: 'app.example:80' }, /without ports/],
    [{ RATE_LIMIT: '100' }, /such as 6000\/m/],
    [{ RATE_LIMIT: '0/m' }, /such as 6000\/m/],
    [{ RATE_LIMIT: '5/30h' }, /such as 6000\/m/],
    [{ INTROSPECTION: 'no' }, /on, off/],
  ])('refuse %j', (env, words) => {
    expect(() => readConfig(env)).toThrow(words);
  });

  it.each([
    ['6000/m', { points: 6000, seconds: 60 }],
    ['10/s', { points: 10, seconds: 1 }],
    ['500/10s', { points: 500, seconds: 10 }],
    ['1/24h', { points: 1, seconds: 86_400 }],
  ])('read the budget %s', (RATE_LIMIT, quota) => {
    expect(readConfig({ RATE_LIMIT }).rateLimit).toEqual(quota);
  });
});
