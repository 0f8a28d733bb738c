// Tests run as compiled by tsc, because the embedded engine's worker thread can load nothing but JavaScript.
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testTimeout: 20_000,
};
