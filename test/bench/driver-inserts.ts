import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { InsertLoad } from './peers/driver-insert';
import { openPlace, type Place } from './place';

/** The driver's own insertMany in a process of its own, on data of its own. */
export class DriverInserts {
  private constructor(
    private readonly place: Place,
    private readonly child: ChildProcess,
  ) {}

  static async open(): Promise<DriverInserts> {
    const place = await openPlace('driver-insert');
    const env = { ...process.env, ...place.settings };
    const child = fork(join(__dirname, 'peers/driver-insert.js'), { env });
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', () => reject(new Error('the driver peer ended')));
    });
    child.removeAllListeners();
    return new DriverInserts(place, child);
  }

  /** Documents per second, one insert after the other. */
  run(load: InsertLoad): Promise<number> {
    this.child.removeAllListeners();
    return new Promise((resolve, reject) => {
      this.child.once('message', (rate) => resolve(Number(rate)));
      this.child.once('exit', () => reject(new Error('the driver peer ended')));
      this.child.send(load);
    });
  }

  async close(): Promise<void> {
    this.child.removeAllListeners();
    if (this.child.exitCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill();
      await gone;
    }
    await this.place.remove();
  }
}
