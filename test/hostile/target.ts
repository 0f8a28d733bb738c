import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase } from '../support/test-database';
import { startServerProcess } from '../process/server-process';
import { TestClient } from '../support/test-client';
import type { Attack } from './attack';
import { fillDatabase } from './many-sessions';

/** What a server went through while it was attacked. */
export interface Damage {
  /** The longest that `/health/live` took to answer another process, in milliseconds. */
  readonly longestWaitMs: number;
  readonly statuses: readonly number[];
  readonly codes: readonly string[];
}

/** A server in a process of its own, with a probe in another one that asks for its health all the time. */
export class Target extends TestClient {
  private constructor(
    private readonly server: Awaited<ReturnType<typeof startServerProcess>>,
    private readonly probe: ReturnType<typeof startProbe>,
    private readonly removeDatabase: () => Promise<void>,
  ) {
    super(server.url);
  }

  static async start(settings: Record<string, string>): Promise<Target> {
    const database = await createTestDatabase();
    await fillDatabase(database.settings, 500, 50);
    const server = await startServerProcess({ ...database.settings, ...settings });
    return new Target(
      server,
      startProbe(new URL('/health/live', server.url).href, server.pid),
      database.remove,
    );
  }

  /** Sends the attack, `times` at once. */
  async suffer(attack: Attack, times: number): Promise<Damage> {
    const request = attack.send();
    await this.probe.reset();
    const answers = await Promise.all(Array.from({ length: times }, () => this.sendOnce(request)));
    const longestWaitMs = await this.probe.report();
    return {
      longestWaitMs,
      statuses: answers.map(({ status }) => status),
      codes: [...new Set(answers.flatMap(({ text }) => codesIn(text)))],
    };
  }

  /** What the process holds in memory, in MiB. */
  residentMiB(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  /** What the log says; only errors are logged. */
  get logged(): string {
    return this.server
      .output()
      .split('\n')
      .filter((line) => line.includes('"error"') || line.includes('"fatal"'))
      .join('\n');
  }

  async close(): Promise<void> {
    this.probe.stop();
    await this.server.stop();
    await this.removeDatabase();
  }

  private async sendOnce(request: ReturnType<Attack['send']>) {
    const response =
      'path' in request
        ? await this.fetch(request.path, { headers: { 'apollo-require-preflight': '1' } })
        : await this.post(request.body as string);
    return { status: response.status, text: await response.text() };
  }
}

function codesIn(answer: string): string[] {
  return [...answer.matchAll(/"code":"([A-Z_]+)"/g)].map(([, code]) => code!);
}

function startProbe(url: string, pid: number) {
  const child = spawn(process.execPath, [join(__dirname, 'health-probe.js'), url, String(pid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    async reset(): Promise<void> {
      child.stdin.write('reset\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
    async report(): Promise<number> {
      child.stdin.write('report\n');
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      return Number(line.toString());
    },
    stop(): void {
      child.stdin.end();
    },
  };
}
