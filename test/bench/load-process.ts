import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Load, Measured } from './measure';

/** The load generator, in its own process for as long as the bench runs. */
export class LoadProcess {
  private readonly child: ChildProcess = fork(join(__dirname, 'load-generator.js'));

  /** One load, from its first request to its last answer. Rejects where any answer was not as it should be. */
  async run(load: Load): Promise<Measured> {
    const measured = await new Promise<Measured>((resolve, reject) => {
      this.child.once('message', (message) => resolve(message as Measured));
      this.child.once('exit', () => reject(new Error('the load generator ended')));
      this.child.send(load);
    });
    this.child.removeAllListeners();
    if (measured.fault) throw new Error(`${load.workload} at ${load.url}: ${measured.fault}`);
    return measured;
  }

  close(): void {
    this.child.kill();
  }
}
