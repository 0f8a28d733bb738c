import { readFileSync } from 'node:fs';
import { useTestApp } from '../support/test-app';

const server = useTestApp();

it('serves the schema as text', async () => {
  const response = await server.app.fetch('/schema.graphql');

  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await response.text()).toBe(readFileSync('schema.graphql', 'utf8'));
});

it('takes /graphql/ for /graphql', async () => {
  const response = await server.app.fetch('/graphql/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });

  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
});

it('says where the API is to who asks elsewhere', async () => {
  const response = await server.app.fetch('/nowhere');

  expect(response.status).toBe(404);
  expect(await response.text()).toContain('the API is at /graphql');
});
