import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CallEvent {
  readonly eventId: string;
  readonly type: 'USER_SPEECH' | 'BOT_SPEECH' | 'SYSTEM';
  readonly timestamp: string;
  readonly payload: Readonly<Record<string, unknown>> & { readonly text?: string; readonly kind?: string };
}

/** The call that the demo tells, as it stands in `conversation.json`. */
export interface Conversation {
  readonly session: {
    readonly sessionId: string;
    readonly language: string;
    readonly startedAt: string;
    readonly metadata: object;
  };
  /** Sent one by one. */
  readonly opening: readonly CallEvent[];
  /** Sent many times at the same moment. */
  readonly doubled: CallEvent;
  /** Sent, the answer lost on the way, and sent again. */
  readonly unsure: CallEvent;
  /** Sent as one batch, in the company of one that is stored already. */
  readonly batch: readonly CallEvent[];
  /** Claims the id of a stored event with other words. */
  readonly conflicting: CallEvent;
  readonly endedAt: string;
  /** Sent after the end. */
  readonly late: CallEvent;
}

/** Read from the source tree: the compiler copies no data files. */
export function readConversation(): Conversation {
  const file = join(__dirname, '../../../test/demo/conversation.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Conversation;
}
