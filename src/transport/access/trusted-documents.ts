import { createHash } from 'node:crypto';
import { DomainError } from '../../errors';

/** The parts of a request, over HTTP or WebSocket, that identify its document. */
export interface DocumentRequest {
  readonly query?: unknown;
  /** GraphQL over HTTP, appendix "Persisted Documents". */
  readonly documentId?: unknown;
  /** The name in Relay's guide. */
  readonly doc_id?: unknown;
  /** Apollo's persisted queries name the document by `persistedQuery.sha256Hash`. */
  readonly extensions?: unknown;
}

/** The documents of the manifest in TRUSTED_DOCUMENTS; no others run. */
export class TrustedDocuments {
  private readonly byId = new Map<string, string>();
  private readonly texts: ReadonlySet<string>;

  /** @param documents texts by id; each can also be named by the SHA-256 of its text */
  constructor(documents: ReadonlyMap<string, string>) {
    this.texts = new Set(documents.values());
    for (const text of this.texts) this.byId.set(createHash('sha256').update(text).digest('hex'), text);
    for (const [id, text] of documents) this.byId.set(withoutScheme(id), text);
  }

  /**
   * The document of a request: its own text, or the one that its id names; undefined if it has neither.
   * @throws FORBIDDEN if it is not in the manifest
   */
  textOf(request: DocumentRequest): string | undefined {
    const { query } = request;
    if (typeof query === 'string' && query !== '') {
      this.check(query);
      return query;
    }
    const id = idOf(request);
    if (id === undefined) return undefined;
    const text = this.byId.get(withoutScheme(id));
    if (text === undefined) throw notTrusted();
    return text;
  }

  /** The body of a POST, with an id replaced by its text. Anything but a GraphQL request is returned unchanged. */
  resolveBody(body: unknown): unknown {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    const query = this.textOf(body);
    const resolved: Record<string, unknown> = { ...body };
    delete resolved.extensions;
    if (query !== undefined) resolved.query = query;
    return resolved;
  }

  /** The same for the parameters of a GET. */
  resolveSearch(search: string): string {
    const parameters = new URLSearchParams(search);
    const extensions = parsed(parameters.get('extensions'));
    const query = this.textOf({ ...Object.fromEntries(parameters), extensions });
    if (query !== undefined) parameters.set('query', query);
    parameters.delete('extensions');
    return `?${parameters}`;
  }

  /** @throws FORBIDDEN if the manifest does not have exactly this text */
  check(text: string): void {
    if (!this.texts.has(text)) throw notTrusted();
  }
}

function idOf({ documentId, doc_id: relayId, extensions }: DocumentRequest): string | undefined {
  const persisted = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)
    ?.persistedQuery;
  return [documentId, relayId, persisted?.sha256Hash].find((id) => typeof id === 'string');
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return undefined;
  }
}

function withoutScheme(id: string): string {
  return id.replace(/^sha256:/, '');
}

function notTrusted(): DomainError {
  return new DomainError(
    'FORBIDDEN',
    'This server runs only the documents of its manifest (TRUSTED_DOCUMENTS), and this is not one of them.',
  );
}

/**
 * Parses a manifest: Apollo's (`{"format": "apollo-persisted-query-manifest", "operations": [{"id", "body"}]}`),
 * or an object of texts by id, as Relay's compiler and GraphQL Code Generator write it.
 * @throws Error that states the problem
 */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw new Error('it must be an object of texts by id, or an apollo-persisted-query-manifest');
  const { operations } = manifest as { operations?: unknown };
  const entries: [unknown, unknown][] = Array.isArray(operations)
    ? operations.map((operation: { id?: unknown; body?: unknown } | null) => [operation?.id, operation?.body])
    : Object.entries(manifest);
  for (const [id, body] of entries) {
    if (typeof id !== 'string' || typeof body !== 'string')
      throw new Error(
        `each of its documents must have an id and a text, unlike ${JSON.stringify(id)?.slice(0, 80)}`,
      );
  }
  return new Map(entries as [string, string][]);
}
