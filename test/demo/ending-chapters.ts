import { completeSession, readSession, type SessionState } from './operations';
import { add, wholeCall, type Scene } from './scene';

export async function complete({ call, client, narrator, sessionId }: Scene): Promise<void> {
  const input = { sessionId, endedAt: call.endedAt };
  const send = () =>
    client.tell<{ completed: boolean; session: SessionState }>(
      completeSession,
      { input },
      `${sessionId}  endedAt ${call.endedAt}`,
      ({ completed, session }) =>
        `completed: ${completed}, ${session.status}, ${session.eventCount} events, ${session.durationMs} ms`,
    );
  const first = await send();
  narrator.promise('the session has ended, all events counted', first.data, {
    completed: true,
    session: { status: 'COMPLETED', eventCount: 30, durationMs: 57_500 },
  });
  const again = await send();
  narrator.promise('a retry returns it as it stands', again.data, { ...first.data, completed: false });
}

export async function arriveLate(scene: Scene): Promise<void> {
  const { call, client, narrator, sessionId } = scene;
  const late = await add(scene, call.late);
  narrator.promise('a new event is refused', late.code, 'SESSION_COMPLETED');
  const known = await add(scene, call.opening[0]!);
  narrator.promise('a retry of a stored one still gets its event', known.data, {
    created: false,
    event: { eventId: 'evt-01', position: 1 },
  });
  const state = await client.tell<SessionState>(
    readSession,
    { id: sessionId },
    sessionId,
    ({ status, eventCount }) => `${status}, ${eventCount} events`,
  );
  narrator.promise('nothing joined the session', state.data?.eventCount, wholeCall(call).length);
}
