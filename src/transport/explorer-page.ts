import { getDistDirectory, renderAltair, renderInitSnippet, type RenderOptions } from 'altair-static';
import { exampleTabs } from './explorer-example';
import { listFiles } from './static-files';

const subscriptions = {
  subscriptionsEndpoint: '/graphql',
  initialSubscriptionRequestHandlerId: 'graphql-ws',
} as const;

/**
 * Altair's settings. The schema is loaded at start, so that docs and completion work at once; requests to Altair's own
 * servers are off.
 */
const settings: RenderOptions = {
  baseURL: '/explorer/',
  endpointURL: '/graphql',
  ...subscriptions,
  serveInitialOptionsInSeperateRequest: 'start.js',
  initialWindows: exampleTabs.map(({ name, query, variables }) => ({
    initialName: name,
    initialQuery: query,
    initialVariables: variables && JSON.stringify(variables, null, 2),
    ...subscriptions,
  })),
  disableAccount: true,
  initialSettings: {
    theme: 'system',
    'schema.reloadOnStart': true,
    'alert.disableWarnings': true,
    'alert.disableUpdateNotification': true,
    'banners.disable': true,
    disablePushNotification: true,
  },
};
/**
 * With authentication, each tab sends the environment variable `token` as credential, or what the user enters instead in
 * the tab's headers.
 */
const credential = { Authorization: 'Bearer {{token}}' };
const tokens: RenderOptions = {
  initialHeaders: credential,
  initialSubscriptionsPayload: credential,
  initialEnvironments: { base: { variables: { token: 'paste a token or an API key here' } } },
};

/** Altair opens on its last tab, without a setting for it: on a first visit, switch to the first. */
const showFirstTab = `
if (!localStorage.getItem('explorer-visited')) {
  const observer = new MutationObserver(() => {
    const tabs = document.querySelectorAll('.window-switcher__item');
    if (tabs.length < ${exampleTabs.length}) return;
    observer.disconnect();
    localStorage.setItem('explorer-visited', 'yes');
    tabs[0].click();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}`;
const head = '<title>Conversation Session Service</title></head>';

export interface ExplorerPage {
  readonly html: string;
  readonly start: string;
  readonly files: ReadonlyMap<string, string>;
}

/** The explorer's page and its files; `authenticates` if callers must authenticate. */
export async function openExplorerPage(authenticates: boolean): Promise<ExplorerPage> {
  const options = authenticates ? { ...settings, ...tokens } : settings;
  return {
    html: renderAltair(options)
      .replace(/<title>.*<\/title>/, '')
      .replace('</head>', head),
    start: renderInitSnippet(options) + showFirstTab,
    files: await listFiles(getDistDirectory()),
  };
}
