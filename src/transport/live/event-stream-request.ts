import type { FastifyRequest } from 'fastify';
import { BadRequest } from '../bad-request';
import type { Variables } from '../operations/query-cost';
import type { OperationRequest } from './live-operations';

/**
 * The operation of a request for an event stream: in the body of a POST or the URL of a GET, as in GraphQL over HTTP.
 * @throws BadRequest
 */
export function readOperationRequest(request: FastifyRequest): OperationRequest {
  const sent = request.method === 'GET' ? parametersOf(request.url) : request.body;
  if (!isRecord(sent)) throw new BadRequest('The body must be a JSON object with a query.');
  const { query, operationName, variables, documentId, doc_id, extensions } = sent;
  // It may name a trusted document instead.
  const text = query == null && (documentId ?? doc_id ?? extensions) != null ? '' : query;
  if (typeof text !== 'string' || query === '') throw new BadRequest('query must be a GraphQL document.');
  if (operationName != null && typeof operationName !== 'string')
    throw new BadRequest('operationName must be a string.');
  if (variables != null && !isRecord(variables)) throw new BadRequest('variables must be an object.');
  return {
    query: text,
    documentId,
    doc_id,
    extensions,
    operationName,
    variables: variables as Variables | null | undefined,
    allowsMutations: request.method === 'POST',
    resumeAfter: lastEventOf(request),
    bytes: request.bodyBytes + request.url.length,
  };
}

function parametersOf(url: string): Record<string, unknown> {
  const question = url.indexOf('?');
  const search = new URLSearchParams(question < 0 ? '' : url.slice(question));
  const { variables, extensions, ...others } = Object.fromEntries(search);
  return {
    ...others,
    variables: parsed('variables', variables),
    extensions: parsed('extensions', extensions),
  };
}

function parsed(name: string, json: string | undefined): unknown {
  if (!json) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    throw new BadRequest(`${name} must be JSON.`);
  }
}

/** The position to resume after, as a browser's EventSource sends it when it reconnects. */
function lastEventOf({ headers }: FastifyRequest): number | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,9}$/.test(id) ? Number(id) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
