import type { FastifyInstance, FastifyReply } from 'fastify';
import { workedExample } from './explorer-example';
import { listFiles, sendFile } from './static-files';

const assetsPath = '/explorer/';

/** Nothing but this server's own files runs, and they talk to nothing but this server. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // The editor and its components write their styles at run time.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What Altair would fetch from its own servers is off, and its banner, which advertises one of them, is hidden. */
const options = {
  baseURL: assetsPath,
  endpointURL: '/graphql',
  serveInitialOptionsInSeperateRequest: 'start.js',
  initialWindows: [{ initialName: 'A worked example', initialQuery: workedExample }],
  disableAccount: true,
  initialSettings: { theme: 'system', disablePushNotification: true, alertDisableWarning: true },
};
const head =
  '<title>Conversation Session Service</title><style>app-banner-container { display: none }</style></head>';

/** The explorer for people: it needs a browser and this server, and nothing from the internet. */
export interface Explorer {
  sendPage(reply: FastifyReply): Promise<FastifyReply>;
}

/** `GET /` and what its page loads. Nothing is read or loaded before somebody looks. */
export function addExplorer(server: FastifyInstance): Explorer {
  let opened: ReturnType<typeof open> | undefined;
  const explorer = () => (opened ??= open());
  const sendPage = async (reply: FastifyReply) => {
    const { page } = await explorer();
    return reply
      .headers({
        'content-security-policy': contentSecurityPolicy,
        'cache-control': 'no-cache',
        vary: 'accept',
      })
      .type('text/html; charset=utf-8')
      .send(page);
  };
  server.get('/', (_request, reply) => sendPage(reply));
  server.get(`${assetsPath}start.js`, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send((await explorer()).start),
  );
  server.get<{ Params: { '*': string } }>(`${assetsPath}*`, async (request, reply) =>
    sendFile(reply, request.params['*'], (await explorer()).files),
  );
  return { sendPage };
}

async function open() {
  const { getDistDirectory, renderAltair, renderInitSnippet } = await import('altair-static');
  return {
    page: renderAltair(options)
      .replace(/<title>.*<\/title>/, '')
      .replace('</head>', head),
    start: renderInitSnippet(options),
    files: await listFiles(getDistDirectory()),
  };
}

/** Whether an Accept header puts a page above JSON, as browsers do for what is typed into their address bar. */
export function prefersHtml(accept: string | undefined): boolean {
  if (!accept?.includes('text/html')) return false;
  const html = weightOf(accept, /^text\/html$/);
  return html > 0 && html >= weightOf(accept, /^application\/(graphql-response\+)?json$/);
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
