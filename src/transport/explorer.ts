import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ExplorerPage } from './explorer-page';
import { sendFile } from './static-files';

/** Only this server's files run, and they connect only to this server. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // The editor and its components create styles at run time.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  // Includes WebSockets: 'self' matches ws: and wss: of the same host (CSP 3, section 6.7.2.8).
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The explorer: it needs a browser and this server, and nothing from the internet. */
export interface Explorer {
  sendPage(reply: FastifyReply): Promise<FastifyReply>;
}

/**
 * `GET /` and the files of its page. Nothing is read or loaded before the first visit. `authenticates`: callers must
 * authenticate.
 */
export function addExplorer(server: FastifyInstance, authenticates: boolean): Explorer {
  let opened: Promise<ExplorerPage> | undefined;
  const page = () => (opened ??= openPage(authenticates));
  const sendPage = async (reply: FastifyReply) => {
    const { html } = await page();
    return reply
      .headers({
        'content-security-policy': contentSecurityPolicy,
        'cache-control': 'no-cache',
        vary: 'accept',
      })
      .type('text/html; charset=utf-8')
      .send(html);
  };
  server.get('/', (_request, reply) => sendPage(reply));
  server.get('/explorer/start.js', async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send((await page()).start),
  );
  server.get<{ Params: { '*': string } }>('/explorer/*', async (request, reply) =>
    sendFile(reply, request.params['*'], (await page()).files),
  );
  return { sendPage };
}

function openPage(authenticates: boolean): Promise<ExplorerPage> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only the first visitor waits for it
  const { openExplorerPage } = require('./explorer-page') as typeof import('./explorer-page');
  return openExplorerPage(authenticates);
}

/** Whether an Accept header prefers HTML to JSON, as browsers do for the address bar. */
export function prefersHtml(accept: string | undefined): boolean {
  if (!accept?.includes('text/html')) return false;
  const html = weightOf(accept, /^text\/html$/);
  return html > 0 && html >= weightOf(accept, /^application\/(graphql-response\+)?json$/);
}

/** Whether an Accept header prefers server-sent events to JSON. */
export function prefersEventStream(accept: string | undefined): boolean {
  if (!accept?.includes('text/event-stream')) return false;
  return (
    weightOf(accept, /^text\/event-stream$/) > weightOf(accept, /^application\/(graphql-response\+)?json$/)
  );
}

function weightOf(accept: string, type: RegExp): number {
  const weights = accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (!type.test(name)) return 0;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  });
  return Math.max(...weights);
}
