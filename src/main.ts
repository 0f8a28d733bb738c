import { buildInfo, describeBuild } from './build-info';
import { helpText, readCommand } from './command-line';

// The server is loaded only to serve, so that --version is fast.
async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  switch (command) {
    case '--help':
      process.stdout.write(helpText);
      return;
    case '--version':
      process.stdout.write(`${describeBuild(buildInfo)}\n`);
      return;
    case '--check':
      return (await import('./check.js')).checkOnly();
    case 'serve':
      return (await import('./serve.js')).serve();
    default:
      throw new Error(`not a command: ${command satisfies never}`);
  }
}

main().catch((error: unknown) => {
  // Errors at start are for the operator: only their messages, without stacks.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
});
