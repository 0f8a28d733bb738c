import { type App, startApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { CapturedLog } from './captured-log';
import { TestClient } from './test-client';
import { createTestDatabase } from './test-database';

/** Settings by their variables, over those of tests. */
export type Settings = Readonly<Record<string, string>>;

/** A server in this process, on a database of its own. */
export class TestApp extends TestClient {
  constructor(
    private readonly app: App,
    readonly log: CapturedLog,
    /** What leads another server to the same database. */
    readonly database: Settings,
    private readonly remove: () => Promise<void>,
  ) {
    super(app.url);
  }

  /** Where its metrics are; null where there are none. */
  get metricsUrl(): string | null {
    return this.app.metricsUrl;
  }

  /** Stops the server and removes its database; fails where it has logged an error that no test asked for. */
  async close(): Promise<void> {
    await this.app.close();
    await this.remove();
    this.log.expectNoErrors();
  }
}

/**
 * Starts a server with a new database: on MONGODB_URI where there is one, on the embedded engine otherwise. Operations
 * run compiled, unless EXECUTION says otherwise.
 */
export async function startTestApp(settings: Settings = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const log = new CapturedLog();
  const { EXECUTION = 'compiled' } = process.env;
  try {
    const config = readConfig({ PORT: '0', EXECUTION, ...database.settings, ...settings });
    return new TestApp(await startApp(config, log), log, database.settings, database.remove);
  } catch (error) {
    await database.remove();
    throw error;
  }
}

/** One server for all tests of a file; each test fails where it makes the server log an error. */
export function useTestApp(settings: Settings = {}): { readonly app: TestApp } {
  let app: TestApp | undefined;
  beforeAll(async () => {
    app = await startTestApp(settings);
  });
  afterEach(() => app?.log.expectNoErrors());
  afterAll(() => app?.close());
  return {
    get app() {
      if (!app) throw new Error('the server is started before the first test, not before the file is read');
      return app;
    },
  };
}
