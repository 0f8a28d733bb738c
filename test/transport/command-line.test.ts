import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '../process/run-to-end';
import { startServerProcess } from '../process/server-process';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conversations-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the server with these arguments and settings to its end. */
function run(args: string[], settings: Record<string, string> = {}) {
  return runToEnd('src/main.js', args, { PORT: '0', DATA_DIR: join(folder, 'data'), ...settings });
}

describe('the command line', () => {
  it('says the version', async () => {
    const { code, stdout } = await run(['--version']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+( \([0-9a-f]+\))?\n$/);
  });

  it('says what it takes', async () => {
    const { code, stdout } = await run(['--help']);

    expect(code).toBe(0);
    for (const argument of ['--check', '--version', '--help']) expect(stdout).toContain(argument);
  });

  it.each([
    [['--port', '80'], 'There is no argument --port; there are --check, --version, --help.\n'],
    [['--check', '--version'], 'Give one argument at most, of --check, --version, --help.\n'],
  ])('refuses %j and starts nothing', async (args, message) => {
    expect(await run(args)).toEqual({ code: 1, stdout: '', stderr: message });
  });
});

describe('--check', () => {
  it('says what would be used and starts nothing', async () => {
    const { code, stdout, stderr } = await run(['--check'], { LOG_LEVEL: 'warn' });

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Database: embedded engine in ${join(folder, 'data')}`);
    expect(stdout).toContain('LOG_LEVEL=warn  (environment)');
    expect(stdout).toContain('MAX_BODY_BYTES=16777216\n');
    await expect(rm(join(folder, 'data'))).rejects.toThrow('ENOENT');
  });

  it('reports everything at once: rules, the machine and the database', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    const { code, stderr } = await run(['--check'], {
      HOST: '192.0.2.1',
      LOG_LEVEL: 'loud',
      DATA_DIR: join(file, 'data'),
    });

    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'These settings cannot be used:',
      expect.stringContaining('LOG_LEVEL="loud" must be one of'),
      '  HOST=192.0.2.1: this machine has no such address.',
      `  the data folder ${join(file, 'data')} cannot be made: ${file} is a file`,
    ]);
  });

  it('reports files of access that cannot be used', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"keys": [{"name": "a", "sha256": "secret"}]}');

    const { code, stderr } = await run(['--check'], {
      API_KEYS_FILE: broken,
      TRUSTED_DOCUMENTS: join(folder, 'none.json'),
    });

    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'These settings cannot be used:',
      `  API_KEYS_FILE="${broken}" cannot be used: keys[0].sha256 must be 64 hexadecimal digits`,
      `  TRUSTED_DOCUMENTS="${join(folder, 'none.json')}" cannot be used: there is no such file`,
    ]);
  });

  it('shows no secret, also of a MongoDB that does not answer', async () => {
    const uriFile = join(folder, 'uri');
    await writeFile(uriFile, 'mongodb://user:hunter2@127.0.0.1:1/\n');

    const { code, stdout, stderr } = await run(['--check'], {
      MONGODB_URI_FILE: uriFile,
      REQUEST_TIMEOUT_MS: '200',
    });

    expect(code).toBe(1);
    expect(stdout).toContain('MONGODB_URI=mongodb://***@127.0.0.1:1/  (file)');
    expect(stderr).toMatch(/^MONGODB_URI mongodb:\/\/\*\*\*@127.0.0.1:1\/ cannot be used: [^\n]+\n$/);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  it('tells of a data folder that is in use', async () => {
    const server = await startServerProcess({ MONGODB_URI: undefined, DATA_DIR: join(folder, 'data') });
    try {
      const { code, stderr } = await run(['--check']);

      expect(code).toBe(1);
      expect(stderr).toBe(
        `the data folder ${join(folder, 'data')} is in use by the process with id ${server.pid}: stop it, or use another folder\n`,
      );
    } finally {
      await server.stop();
    }
  });
});
