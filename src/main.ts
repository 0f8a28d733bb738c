import { buildInfo, describeBuild } from './build-info';
import { helpText, readCommand } from './command-line';

// What serves is loaded only if it is asked for: the version is told at once.
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
  // What keeps a server from starting is for the person who starts it: lines that say what is wrong.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
});
