const { transpileModule } = require('typescript');

/** jest on Node.js before 24.9 cannot `require` an ES module, which Node.js itself can since 20.19. */
module.exports = {
  process: (source) => ({
    code: transpileModule(source, { compilerOptions: { module: 'commonjs', target: 'es2023' } }).outputText,
  }),
};
