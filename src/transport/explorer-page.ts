import { getDistDirectory, renderAltair, renderInitSnippet } from 'altair-static';
import { workedExample } from './explorer-example';
import { listFiles } from './static-files';

/** What Altair would fetch from its own servers is off, and its banner, which advertises one of them, is hidden. */
const options = {
  baseURL: '/explorer/',
  endpointURL: '/graphql',
  serveInitialOptionsInSeperateRequest: 'start.js',
  initialWindows: [{ initialName: 'A worked example', initialQuery: workedExample }],
  disableAccount: true,
  initialSettings: { theme: 'system', disablePushNotification: true, alertDisableWarning: true },
};
const head =
  '<title>Conversation Session Service</title><style>app-banner-container { display: none }</style></head>';

export interface ExplorerPage {
  readonly html: string;
  readonly start: string;
  readonly files: ReadonlyMap<string, string>;
}

/** The explorer's page and everything that it loads. */
export async function openExplorerPage(): Promise<ExplorerPage> {
  return {
    html: renderAltair(options)
      .replace(/<title>.*<\/title>/, '')
      .replace('</head>', head),
    start: renderInitSnippet(options),
    files: await listFiles(getDistDirectory()),
  };
}
