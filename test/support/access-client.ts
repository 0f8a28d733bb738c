import type { TestClient } from './test-client';

/** What a server said to one request. */
export interface HttpOutcome {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
  readonly code: unknown;
  readonly message: string;
  readonly extensions: Record<string, unknown>;
}

/** Posts an operation with a credential, or without one. */
export async function ask(
  client: TestClient,
  query: string,
  credential: string | null,
  extra: { readonly variables?: object; readonly headers?: Record<string, string> } = {},
): Promise<HttpOutcome> {
  const headers = { ...(credential !== null && { authorization: `Bearer ${credential}` }), ...extra.headers };
  return outcomeOf(await client.post(JSON.stringify({ query, variables: extra.variables }), headers));
}

export async function outcomeOf(response: Response): Promise<HttpOutcome> {
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors?: [{ message: string; extensions: Record<string, unknown> }];
  };
  return {
    status: response.status,
    headers: response.headers,
    data,
    code: errors?.[0].extensions.code,
    message: errors?.[0].message ?? '',
    extensions: errors?.[0].extensions ?? {},
  };
}
