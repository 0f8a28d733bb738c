import type { CallEvent } from './conversation';
import type { Narrator } from './narrator';

interface Body {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export interface Outcome<T> {
  readonly data: T | null;
  readonly code: string | null;
}

/** Sends one operation as any HTTP client would, telling what goes out and what comes back. */
export class DemoClient {
  constructor(
    private readonly url: string,
    private readonly narrator: Narrator,
  ) {}

  /** `shown` says in short what is sent; `read` says in short what came back. */
  async tell<T>(
    query: string,
    variables: object,
    shown: string,
    read: (data: T) => string,
  ): Promise<Outcome<T>> {
    const operation = /\{\s*(?:\w+: )?(\w+)/.exec(query)?.[1] ?? 'query';
    this.narrator.sent(operation, shown);
    const outcome = await this.quietly<T>(query, variables);
    this.narrator.received(outcome.data ? read(outcome.data) : `${outcome.code}: ${outcome.message}`);
    return outcome;
  }

  async quietly<T>(query: string, variables: object): Promise<Outcome<T> & { message: string }> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Body;
    const error = errors?.[0];
    if (error) return { data: null, code: error.extensions?.code ?? 'no code', message: error.message };
    return { data: Object.values(data ?? {})[0] as T, code: null, message: '' };
  }
}

/** An event in a few words: what was said, or what kind of thing happened. */
export function describeEvent({ eventId, type, payload }: CallEvent): string {
  return `${eventId}  ${type.padEnd(11)}  ${payload.text ? `“${payload.text}”` : payload.kind}`;
}
