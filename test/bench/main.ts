import 'reflect-metadata';
import { benchAccess } from './access';
import { benchCeiling } from './ceiling';
import { benchCores } from './cores';
import { benchDepth } from './depth';
import { benchEmbedded } from './embedded';
import { benchGrowth } from './growth';
import { benchLive } from './live';
import { LoadProcess } from './load-process';
import { readPace, type Bench } from './options';
import { benchReading } from './reading';
import { isMet, printReport, writeReports, type PartReport } from './report';
import { benchStatistics } from './statistics';
import { benchWriting } from './writing';

const parts: Record<string, (bench: Bench) => Promise<PartReport>> = {
  access: benchAccess,
  ceiling: benchCeiling,
  writing: benchWriting,
  reading: benchReading,
  cores: benchCores,
  depth: benchDepth,
  growth: benchGrowth,
  live: benchLive,
  embedded: benchEmbedded,
  statistics: benchStatistics,
};
const byDefault = ['ceiling', 'writing', 'reading'];
const resultsFile = 'bench-results.json';

/** Runs the parts that are named, one after the other; says which goals were missed by its exit code. */
async function bench(names: readonly string[]): Promise<boolean> {
  const unknown = names.find((name) => !parts[name]);
  if (unknown) throw new Error(`there is no part "${unknown}"; there are ${Object.keys(parts).join(', ')}`);
  const generator = new LoadProcess();
  const reports: PartReport[] = [];
  const settings = readPace();
  try {
    for (const name of names) {
      const report = await parts[name]!({ ...settings, generator });
      printReport(report);
      reports.push(report);
    }
  } finally {
    generator.close();
  }
  writeReports(resultsFile, reports, settings.database);
  console.log(`\nwritten to ${resultsFile}`);
  return reports.every(({ comparisons }) => comparisons.every(isMet));
}

const named = process.argv.slice(2);
bench(named.length > 0 ? named : byDefault).then(
  (met) => {
    process.exitCode = met ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
