import type { Conversation } from './conversation';
import type { DemoClient } from './demo-client';
import type { Desk } from './desk';
import { arriveLate, complete } from './ending-chapters';
import { follow, lookBack } from './live-chapters';
import type { Narrator } from './narrator';
import { readForwards, readOtherwise } from './reading-chapters';
import type { Scene } from './scene';
import { begin, contradict, retry, sendAtOnce, sendBatch, speak } from './writing-chapters';

/** The whole call, chapter by chapter; each checks what the service promises. */
export async function tellStory(
  call: Conversation,
  client: DemoClient,
  desk: Desk,
  narrator: Narrator,
): Promise<void> {
  const chapters: [string, (scene: Scene) => Promise<void>][] = [
    ['A call comes in', begin],
    ['A desk follows the call while it happens', follow],
    ['What is said is stored, one event at a time', speak],
    ['An answer gets lost on the way: the client sends again', retry],
    ['Eight workers send the same event at the same moment', sendAtOnce],
    ['The rest comes as one batch, with one event in it that is stored already', sendBatch],
    ['The same id with other words is refused, not swallowed', contradict],
    ['Reading the conversation, seven events a page, forwards', readForwards],
    ['… and backwards, and only what the caller said', readOtherwise],
    ['The call ends', complete],
    ['The desk has seen all of it', lookBack],
    ['Final means final', arriveLate],
  ];
  for (const [index, [title, chapter]] of chapters.entries()) {
    narrator.chapter(index + 1, title);
    await chapter({ call, client, desk, narrator, sessionId: call.session.sessionId });
  }
}
