import { createHash } from 'node:crypto';
import type { HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventLoopTurns } from '../event-loop-turns';
import { type EncodedResult, encodeInTurns, hashInTurns } from './operations/encode-result';
import { notCacheable } from './session-caching';

/**
 * Sets the head of the reply and returns its body. A cacheable one gets an ETag, and a client that has it gets a 304.
 * @param result its JSON, or what may be large and is to be encoded in turns
 */
export async function prepareReply(
  { headers, status }: HTTPGraphQLResponse,
  result: string | object,
  request: FastifyRequest,
  reply: FastifyReply,
  turns: EventLoopTurns,
): Promise<EncodedResult> {
  if (!headers.has('cache-control')) headers.set('cache-control', notCacheable);
  for (const [name, value] of headers) reply.header(name, value);
  reply.code(status ?? 200);
  if (headers.get('cache-control') !== notCacheable) {
    const etag = `"${await hashOf(result, turns)}"`;
    reply.header('etag', etag).header('vary', varyOf(reply));
    if (matches(request.headers['if-none-match'], etag)) {
      reply.code(304);
      return Buffer.alloc(0);
    }
  }
  return typeof result === 'string' ? Buffer.from(result) : encodeInTurns(result, turns);
}

function hashOf(result: string | object, turns: EventLoopTurns): string | Promise<string> {
  if (typeof result === 'object') return hashInTurns(result, turns);
  return createHash('sha256').update(result).digest('base64url');
}

/** The response depends on the credential, and on the origin whether a page may read it. */
function varyOf(reply: FastifyReply): string {
  const others = reply.getHeader('vary');
  return [others, 'accept, authorization, x-api-key'].filter(Boolean).join(', ');
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags?.some((tag) => tag === etag || tag === '*') ?? false;
}
