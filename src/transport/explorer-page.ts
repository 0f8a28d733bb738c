import { getDistDirectory, renderAltair, renderInitSnippet, type RenderOptions } from 'altair-static';
import { exampleTabs } from './explorer-example';
import { listFiles } from './static-files';

const subscriptions = {
  subscriptionsEndpoint: '/graphql',
  initialSubscriptionRequestHandlerId: 'graphql-ws',
} as const;

/**
 * Settings of Altair. The schema is loaded at the start, so that the docs and completion work at once; what Altair would
 * fetch from its own servers is off.
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
 * Where callers say who they are: each tab sends the credential that stands in the environment as `token`, or what is
 * typed in its place in the tab's headers.
 */
const credential = { Authorization: 'Bearer {{token}}' };
const tokens: RenderOptions = {
  initialHeaders: credential,
  initialSubscriptionsPayload: credential,
  initialEnvironments: { base: { variables: { token: 'paste a token or an API key here' } } },
};

/** Altair opens with its last tab in front and has no setting for that: on a first visit, go to the first one. */
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

/** The explorer's page and everything that it loads; `authenticates` where callers must say who they are. */
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
