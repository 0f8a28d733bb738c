import { addMany, newSession, speech } from '../../api/conversation';
import { AddEventDocument, CompleteSessionDocument } from '../../generated/operations';
import type { TestClient } from '../../support/test-client';
import { upTo } from '../follower';

/** What a client sends to follow a call; without it, it would not have what it needs to resume. */
export const following = `subscription Follow($sessionId: ID!, $afterPosition: Int) {
  eventAdded(sessionId: $sessionId, afterPosition: $afterPosition) { id position }
}`;

export const allPositions = upTo(50);

/** A session of 30 events, to which `write` adds 20 more before it ends. */
export async function startCall(app: TestClient): Promise<{ sessionId: string; write(): Promise<void> }> {
  const sessionId = await newSession(app);
  await addMany(app, sessionId, 30);
  return {
    sessionId,
    async write() {
      for (let index = 0; index < 20; index += 1)
        await app.execute(AddEventDocument, { input: speech(sessionId, `live-${index}`) });
      await app.execute(CompleteSessionDocument, { input: { sessionId } });
    },
  };
}

/** Collects positions up to the end of a subscription, and cuts the connection at every seventh. */
export class PositionSink {
  readonly positions: number[] = [];
  readonly complete: Promise<readonly number[]>;
  end!: () => void;
  fail!: (error: unknown) => void;

  constructor(private readonly cut: () => void) {
    this.complete = new Promise((resolve, reject) => {
      this.end = () => resolve(this.positions);
      this.fail = (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
    });
  }

  take(position: number): void {
    this.positions.push(position);
    if (position % 7 === 0) this.cut();
  }
}
