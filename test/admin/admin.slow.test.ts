import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { runToEnd } from '../process/run-to-end';
import { type RunningProcess, startDatabaseProcess, startServerProcess } from '../process/server-process';
import { required, SessionClient } from '../process/session-client';

// Each test starts several programs, one after the other.
jest.setTimeout(60_000);

/** `npm run admin` against a database that servers use meanwhile. */
describe('npm run admin', () => {
  let folder: string;
  let engine: RunningProcess | null;
  let client: MongoClient;
  let db: Db;
  let settings: Record<string, string>;
  let databases = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conversations-'));
    engine = process.env.MONGODB_URI ? null : await startDatabaseProcess(folder);
    client = await MongoClient.connect(process.env.MONGODB_URI ?? engine!.url);
  }, 60_000);

  beforeEach(() => {
    const name = `admin_${process.pid}_${(databases += 1)}`;
    db = client.db(name);
    settings = { MONGODB_URI: process.env.MONGODB_URI ?? engine!.url, MONGODB_DATABASE: name };
  });

  afterEach(() => db.dropDatabase());

  afterAll(async () => {
    await client.close();
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const admin = (...args: string[]) => runToEnd('src/admin/main.js', args, settings);

  async function withServer<Result>(work: (server: SessionClient) => Promise<Result>): Promise<Result> {
    const server = await startServerProcess(settings);
    const sessions = new SessionClient(server.url);
    try {
      return await work(sessions);
    } finally {
      sessions.close();
      await server.stop();
    }
  }

  async function fill(sessions: SessionClient, sessionIds: readonly string[]): Promise<void> {
    for (const sessionId of sessionIds) {
      required(await sessions.createSession({ sessionId, language: 'en', metadata: { caller: sessionId } }));
      const events = [1, 2, 3].map((index) => ({
        sessionId,
        eventId: `event-${index}`,
        type: 'SYSTEM' as const,
        payload: { index },
      }));
      required(await sessions.addEvents(events));
    }
  }

  describe('verify', () => {
    it('finds nothing in what servers have written, also while they write', async () => {
      await withServer(async (sessions) => {
        // In the order of UTF-8, which is not that of JavaScript: the two walks must keep step.
        await fill(sessions, ['a', 'z', 'é', '\u{ff61}', '\u{1f600}', 'b']);
        let ended = false;
        const writing = (async () => {
          for (let index = 0; !ended; index += 1) {
            const event = { sessionId: 'b', eventId: `more-${index}`, type: 'SYSTEM' as const, payload: {} };
            required(await sessions.addEvent(event));
          }
        })();

        const { code, stdout } = await admin('verify');

        ended = true;
        await writing;
        expect(stdout).toMatch(/Checked 6 sessions with \d+ events: 0 findings, 0 repaired\./);
        expect(code).toBe(0);
      });
    });

    it('finds what is wrong, and repairs what the events can tell', async () => {
      await withServer((sessions) => fill(sessions, ['count', 'gap', 'labels', 'last', 'status', 'fine']));
      const sessions = db.collection('sessions');
      const events = db.collection('events');
      await sessions.updateOne({ sessionId: 'count' }, { $set: { eventCount: 7 } });
      await sessions.updateOne({ sessionId: 'labels' }, { $set: { labels: ['caller="nobody"'] } });
      await sessions.updateOne({ sessionId: 'last' }, { $set: { lastEventAt: new Date(0), eventCount: 1 } });
      await sessions.updateOne({ sessionId: 'status' }, { $set: { status: 'INITIATED' } });
      await events.deleteOne({ sessionId: 'gap', position: 2 });
      const event = await events.findOne({ sessionId: 'fine', position: 1 }, { projection: { _id: 0 } });
      await events.insertOne({ ...event, sessionId: 'orphan' });

      const found = await admin('verify');
      const repaired = await admin('verify', '--repair');
      const left = await admin('verify');

      const findings = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('session '));
      expect(found.code).toBe(1);
      expect(findings(found.stdout)).toEqual([
        'session "count": eventCount: 7, should be 3',
        'session "gap": positions of its events: 2 from 1 to 3, should be 2 from 1 to 2',
        'session "labels": labels: 1 labels, should be those of its metadata (1 labels)',
        'session "last": eventCount: 1, should be 3',
        expect.stringMatching(/^session "last": lastEventAt: 1970-01-01T00:00:00.000Z, should be 2/),
        'session "orphan": events without a session: 1, should be 0',
        'session "status": status: INITIATED, should be ACTIVE',
      ]);
      expect(repaired.stdout).toContain('7 findings, 5 repaired.');
      expect(repaired.code).toBe(1);
      expect(findings(left.stdout).map((line) => line.split('"')[1])).toEqual(['gap', 'orphan']);
    });
  });

  describe('indexes', () => {
    it('shows what is missing and builds it; a server with AUTO_INDEX=false does not', async () => {
      await withServer((sessions) => fill(sessions, ['one']));
      expect((await admin('indexes')).code).toBe(0);
      await db.collection('events').dropIndex('sessionId_1_position_1');

      const incomplete = await admin('indexes');
      const refused = await runToEnd('src/main.js', [], { ...settings, PORT: '0', AUTO_INDEX: 'false' });
      const built = await admin('indexes', '--build');

      expect(incomplete.code).toBe(1);
      expect(incomplete.stdout).toContain('missing    { sessionId: 1, position: 1 }');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('lacks the unique index { sessionId: 1, position: 1 }');
      expect(refused.stderr).toContain('npm run admin -- indexes --build');
      expect(built.code).toBe(0);
      expect((await admin('indexes')).stdout).not.toContain('missing');
      settings = { ...settings, AUTO_INDEX: 'false' };
      await withServer(async (sessions) => required(await sessions.session('one')));
    });

    it('tells of an index that is in the way, as sharding an empty collection makes it', async () => {
      await db.collection('sessions').createIndex({ sessionId: 1 });

      const refused = await runToEnd('src/main.js', [], { ...settings, PORT: '0' });

      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('{ sessionId: 1 }, but not unique');
      expect(refused.stderr).toContain('npm run admin -- shard');
      expect((await admin('indexes')).stdout).toContain('different  { sessionId: 1 }');
    });
  });

  it('shards nothing that is not a cluster, and says why the key is never hashed', async () => {
    const hashed = await admin('shard', '--hashed');
    expect(hashed.code).toBe(1);
    expect(hashed.stderr).toContain('A hashed shard key cannot support unique indexes');
    const { msg } = await client.db('admin').command({ hello: 1 });
    if (msg === 'isdbgrid') return;
    expect((await admin('shard')).stderr).toContain('This is not a sharded cluster');
  });

  it('refuses what there is not', async () => {
    expect((await admin('mend')).stderr).toBe(
      'There is no command mend; there are indexes, shard, verify.\n',
    );
    expect((await admin('verify', '--mend')).stderr).toContain("Unknown option '--mend'");
    expect((await admin()).stdout).toContain('npm run admin -- COMMAND');
  });
});
