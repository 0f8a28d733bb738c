import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, newApiKey } from '../../src/transport/access/api-keys';
import { audience, issuerName, newSigningKey, signToken } from '../support/issuer';
import { openSessions } from './data';
import type { Bench } from './options';
import { rate, type Comparison, type PartReport } from './report';
import { Ring } from './ring';
import { compareSpending, type Spent } from './spending';

const connections = 64;
const sessions = Array.from({ length: 200 }, (_, index) => `bench-${index}`);
/** A budget that nobody reaches: what is measured is counting. */
const rateLimit = { RATE_LIMIT: '999999999/h' };

/**
 * What authentication and rate limits cost a request, beside the same server without them: in CPU time, which does not
 * move with the neighbours.
 */
export async function benchAccess(bench: Bench): Promise<PartReport> {
  return { part: 'access', comparisons: [...(await inMemory(bench)), ...(await inDatabase(bench))] };
}

/** Over a store in memory, where what a request costs besides is least. */
async function inMemory(bench: Bench): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'conversation-bench-access-'));
  const apiKey = newApiKey();
  const keys = { keys: [{ name: 'bench', sha256: digestOf(apiKey), scopes: ['sessions:write'] }] };
  const keysFile = join(folder, 'keys.json');
  writeFileSync(keysFile, JSON.stringify(keys));
  const issuer = newSigningKey('bench', 'RS256');
  const issuerFile = join(folder, 'issuer.pem');
  writeFileSync(issuerFile, issuer.publicKey.export({ type: 'spki', format: 'pem' }));
  const token = await signToken(issuer, {
    scope: 'sessions:write',
    exp: Math.floor(Date.now() / 1000) + 86_400,
  });
  const jwt = { JWT_ISSUER: issuerName, JWT_AUDIENCE: audience, JWT_KEY_FILE: issuerFile };
  const ring = new Ring();
  try {
    const enter = (name: string, settings: Record<string, string>, credential?: string) =>
      ring.enterWithoutData('peers/ceiling', sessions, name, settings, credential);
    await enter('open', {});
    await enter('API key', { API_KEYS_FILE: keysFile }, apiKey);
    await enter('JWT', jwt, token);
    await enter('rate limit in memory', rateLimit);
    await enter('CORS', { CORS_ORIGINS: 'https://dashboard.example' });
    return await comparisons(bench, ring, 'answers from memory');
  } finally {
    await ring.close();
    rmSync(folder, { recursive: true });
  }
}

/** On a database, where a budget in the database costs a command more. */
async function inDatabase(bench: Bench): Promise<Comparison[]> {
  const ring = new Ring();
  try {
    const enter = (name: string, settings: Record<string, string>) =>
      ring.enter('ours', (store) => openSessions(store, 200), name, settings);
    await enter('open', {});
    await enter('rate limit in memory', rateLimit);
    await enter('rate limit in the database', { ...rateLimit, RATE_LIMIT_STORE: 'database' });
    return await comparisons(bench, ring, 'addEvent');
  } finally {
    await ring.close();
  }
}

async function comparisons(bench: Bench, ring: Ring, what: string): Promise<Comparison[]> {
  const spent = await compareSpending(bench, ring.contenders, 'addEvent', connections);
  const open = spent.get('open')!;
  const words = ({ perSecond, cpuMs }: Spent) => `${cpuMs.toFixed(3)} ms, ${rate(perSecond)}`;
  return [...spent]
    .filter(([name]) => name !== 'open')
    .map(([name, each]) => ({
      what: `${what}, ${connections} connections: ${name}, CPU time a request`,
      ours: words(each),
      peer: `open: ${words(open)}`,
      ratio: each.cpuMs / open.cpuMs,
      goal: null,
    }));
}
