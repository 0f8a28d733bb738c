import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServerProcess } from '../process/server-process';
import { readConversation } from './conversation';
import { DemoClient } from './demo-client';
import { Desk } from './desk';
import { Narrator } from './narrator';
import { tellStory } from './story';

/** Tells the story against a server of its own, on a folder of its own, both gone afterwards. */
async function demo(): Promise<boolean> {
  const started = performance.now();
  const narrator = new Narrator(process.stdout);
  const folder = await mkdtemp(join(tmpdir(), 'conversation-demo-'));
  try {
    const server = await startServerProcess({ DATA_DIR: folder, MONGODB_URI: undefined });
    try {
      narrator.title('The record of one call, told by the service that keeps it');
      narrator.note(`a temporary server at ${server.url}, its data in ${folder}`);
      const client = new DemoClient(server.url, narrator);
      await tellStory(readConversation(), client, new Desk(server.url), narrator);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return narrator.finish((performance.now() - started) / 1000);
}

// A reader such as head closes the pipe once it has seen enough: the story goes on, so that nothing is left behind.
process.stdout.on('error', () => undefined);

demo().then(
  (kept) => process.exit(kept ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
