const { readdirSync } = require('node:fs');
const { availableParallelism } = require('node:os');

/**
 * The compiled copies of the tests whose names end so. Tests run as tsc compiled them: what is tested is what is
 * shipped, and the embedded engine's worker thread can load only JavaScript. Listed by their sources, because a test
 * that was deleted leaves its compiled copy behind.
 */
function compiledTests(ending) {
  const sources = readdirSync(`${__dirname}/test`, { recursive: true }).filter((path) =>
    path.endsWith(ending),
  );
  return sources.map((path) => `<rootDir>/dist/test/${path.replace(/ts$/, 'js')}`);
}

const slow = compiledTests('.slow.test.ts');
const all = compiledTests('.test.ts');

/** `npm test` runs what ends in .test.ts, `npm run test:slow` (SUITE=slow) what ends in .slow.test.ts. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/test'],
  testMatch: process.env.SUITE === 'slow' ? slow : all.filter((path) => !slow.includes(path)),
  // jose is published as an ES module only.
  transform: { '/node_modules/jose/': '<rootDir>/jest.esm.js' },
  transformIgnorePatterns: [],
  // Most tests wait for a server or a disk: one file more than there are cores keeps these busy. Those of the slow suite
  // measure waiting, and have the machine to themselves; a MongoDB has one database for all.
  maxWorkers: process.env.MONGODB_URI || process.env.SUITE === 'slow' ? 1 : availableParallelism() + 1,
  testTimeout: 20_000,
};
