import type { CallEvent, Conversation } from './conversation';
import type { Desk } from './desk';
import { describeEvent, type DemoClient } from './demo-client';
import type { Narrator } from './narrator';
import { addEvent, type Added } from './operations';

/** What every chapter of the story works with. */
export interface Scene {
  readonly call: Conversation;
  readonly client: DemoClient;
  readonly desk: Desk;
  readonly narrator: Narrator;
  readonly sessionId: string;
}

/** Everything that is sent and stays stored, in the order of the conversation. */
export function wholeCall({ opening, doubled, unsure, batch }: Conversation): CallEvent[] {
  return [...opening, doubled, unsure, ...batch];
}

/** Sends one event and tells it. */
export function add({ client, sessionId }: Scene, event: CallEvent) {
  const read = ({ created, event: { position } }: Added): string =>
    `created: ${created}, position ${position}`;
  return client.tell<Added>(addEvent, { input: { sessionId, ...event } }, describeEvent(event), read);
}
