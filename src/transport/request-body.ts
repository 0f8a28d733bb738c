import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../config';
import type { EventLoopTurns } from '../event-loop-turns';
import { BadRequest } from './bad-request';
import { parseJsonBody } from './json-body';
import { LargeBodies } from './large-bodies';

declare module 'fastify' {
  interface FastifyRequest {
    /** The size of its body, before it was parsed. */
    bodyBytes: number;
  }
}

/** Makes JSON the only content type of `server`. A large body waits for its turn in the pieces in which it came. */
export function addJsonBodies(
  server: FastifyInstance,
  { maxBodyBytes, maxBodyValues, requestTimeoutMs }: Config,
  turns: EventLoopTurns,
): void {
  const largeBodies = new LargeBodies(requestTimeoutMs);
  server.decorateRequest('bodyBytes', 0);
  server.decorateRequest('releaseBody', null);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: IncomingMessage) => {
      const pieces = await receive(payload, maxBodyBytes);
      // No handler would release it.
      if (request.is404) return undefined;
      refuseEncoded(request.headers['content-encoding']);
      request.bodyBytes = pieces.reduce((bytes, { length }) => bytes + length, 0);
      const turn = largeBodies.enter(request, request.bodyBytes);
      if (turn === null) return parseJsonBody(joined(pieces), maxBodyValues, turns);
      await turn;
      try {
        return await parseJsonBody(joined(pieces), maxBodyValues, turns);
      } catch (error) {
        request.releaseBody?.();
        throw error;
      }
    },
  );
}

/**
 * The body, in the pieces in which it arrives.
 * @throws BadRequest, by the promise, if it is too large or the client stops in the middle of it
 */
function receive(body: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new BadRequest(`The body is larger than ${maxBytes} bytes.`, 413));
    if (Number(body.headers['content-length']) > maxBytes) return refuse();
    const pieces: Buffer[] = [];
    let bytes = 0;
    const take = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes <= maxBytes) return void pieces.push(piece);
      body.off('data', take);
      refuse();
    };
    body.on('data', take);
    body.once('end', () => resolve(pieces));
    body.once('error', () =>
      reject(new BadRequest('The body is cut off: it is shorter than its content-length.')),
    );
  });
}

/** Empties the list, so that a large body is in memory only once while it is parsed. */
function joined(pieces: Buffer[]): Buffer {
  const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  pieces.length = 0;
  return whole;
}

function refuseEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new BadRequest('A body must be sent without a content-encoding.', 415);
}
