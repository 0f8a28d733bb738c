import { followEvents } from './operations';
import { wholeCall, type Scene } from './scene';

/** A desk begins to follow the call; what it has seen is told when the call has ended. */
export async function follow({ desk, narrator, sessionId }: Scene): Promise<void> {
  narrator.sent('eventAdded', `${sessionId}  afterPosition 0`);
  desk.follow(followEvents, { id: sessionId });
  narrator.note('the answer stays open: from here on, each event comes as soon as it is stored');
}

export async function lookBack({ call, desk, narrator }: Scene): Promise<void> {
  await desk.seenToTheEnd();
  narrator.received(desk.seen.map(({ eventId }) => eventId).join(' '));
  narrator.promise(
    'every event came once, in the order in which it was stored, and the subscription ended with the call',
    desk.seen.map(({ position }) => position),
    wholeCall(call).map((_, index) => index + 1),
  );
}
