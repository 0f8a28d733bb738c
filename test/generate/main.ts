import 'reflect-metadata';
import { readConfig } from '../../src/config';
import { openDatabase } from '../../src/database/database';
import { openStore } from '../../src/store/store';
import { quietLog } from '../process/quiet-log';
import { readArguments, usage } from './arguments';
import { loadCalls, type Progress } from './load';
import { ProgressBar } from '../../src/admin/progress-bar';

async function generate(): Promise<void> {
  const amount = readArguments(process.argv.slice(2));
  if (!amount) return console.log(usage);
  const started = performance.now();
  const database = await openDatabase(readConfig(process.env), quietLog);
  try {
    console.log(
      `${amount.sessions} sessions with ${amount.events} events over ${amount.days} days into ${database.description}\n` +
        `(--seed ${amount.seed} --until ${amount.until.toISOString()} gives the same ones again)`,
    );
    const bar = new ProgressBar(amount.sessions + amount.events, process.stdout);
    const words = ({ sessions, events }: Progress) => `${sessions} sessions, ${events} events`;
    const store = await openStore(database.connection);
    const done = await loadCalls(store, amount, (progress) =>
      bar.show(progress.sessions + progress.events, words(progress)),
    );
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${words(done)} in ${seconds} s${done.known > 0 ? `; ${done.known} of them were there already` : ''}`,
    );
  } finally {
    await database.close();
  }
}

generate().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
