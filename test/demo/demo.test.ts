import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Narrator } from './narrator';

const program = join(__dirname, 'main.js');

/** The demo as `npm run demo` runs it, into a pipe. */
function runDemo(): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], (error, stdout, stderr) => {
      resolve({ code: error ? (child.exitCode ?? -1) : 0, output: stdout + stderr });
    });
  });
}

describe('the demo', () => {
  it('finds every promise kept, in less than 30 seconds, without colours in a pipe', async () => {
    const { code, output } = await runDemo();

    expect(output).toMatch(/\d+ promises kept, 0 broken/);
    expect(output).not.toContain('\u001b');
    expect(code).toBe(0);
  }, 30_000);

  it('counts a promise that was not kept', () => {
    const written: string[] = [];
    const out = { write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const narrator = new Narrator(out);

    narrator.promise('it was created exactly once', 2, 1);

    expect(narrator.finish(1)).toBe(false);
    expect(written.join('')).toContain('expected 1');
  });
});
