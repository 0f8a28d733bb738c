import 'reflect-metadata';
import type { WorkloadParameters } from '../measure';
import { batchSize, benchEvents } from '../workloads';
import { openPeerStore } from './peer-store';

export interface InsertLoad extends WorkloadParameters {
  readonly seconds: number;
}

/**
 * The driver alone, writing: one `insertMany` after the other of the documents that `addEvents` is sent, into the same
 * collection with the same indexes and durability. Told over IPC for how long; answers with documents per second.
 */
async function main(): Promise<void> {
  const { store, close } = await openPeerStore();
  process.on('message', (load: InsertLoad) => void insert(load).then((rate) => process.send?.(rate)));
  process.once('SIGTERM', () => void close().then(() => process.exit(0)));
  process.send?.('ready');

  let inserted = 0;
  async function insert(load: InsertLoad): Promise<number> {
    let documents = 0;
    let spent = 0;
    while (spent < load.seconds * 1000) {
      // Made outside the measured time: the driver is given its documents for nothing.
      const batch = benchEvents(load, inserted, batchSize);
      const began = performance.now();
      await store.events.insertMany(batch as never);
      spent += performance.now() - began;
      documents += batchSize;
      inserted += batchSize;
    }
    return (documents / spent) * 1000;
  }
}

void main();
