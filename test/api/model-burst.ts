import { required, type Answer, type EventInput, type StoredEvent } from '../process/session-client';
import { command, inRun, type Command } from './model-run';
import { hasEnded, sameContent } from './session-model';

/** Many at the same moment: whatever order they took, the answers and what is stored must tell one story. */
export function burst(name: string, events: EventInput[], completing: boolean): Command {
  const words = `at once in ${name}: ${completing ? 'complete, ' : ''}${JSON.stringify(events)}`;
  return command(words, async (model, real) => {
    const inputs = events.map((event) => inRun(real, { ...event, sessionId: name }));
    const { sessionId } = inRun(real, { sessionId: name });
    const [completion, ...answers] = await Promise.all([
      completing ? real.client.completeSession(sessionId) : null,
      ...inputs.map((input, index) => real.others[index]!.addEvent(input)),
    ]);
    const known = model.sessions.get(sessionId);
    if (!known) {
      for (const { code } of answers) expect(code).toBe('SESSION_NOT_FOUND');
      return;
    }
    const mayHaveEnded = completing || hasEnded(known);
    if (completion) expect(required(completion).completed).toBe(model.complete(sessionId, 'COMPLETED'));
    const stored = (await real.client.allEvents(sessionId)).toSorted((a, b) => a.position - b.position);
    expect(stored.map(({ position }) => position)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.slice(0, known.events.length)).toEqual(known.events);
    const created = inputs.filter((input, index) =>
      checkAnswer(input, answers[index]!, stored, mayHaveEnded),
    );
    const added = stored.slice(known.events.length);
    expect(created.map(({ eventId }) => eventId).toSorted()).toEqual(
      added.map(({ eventId }) => eventId).toSorted(),
    );
    if (added.length > 0 && !hasEnded(known)) known.status = 'ACTIVE';
    known.events = stored;
  });
}

/** Compares one answer with what is stored afterwards; true where it says that it was this request that stored it. */
function checkAnswer(
  input: EventInput,
  answer: Answer<{ created: boolean; event: StoredEvent }>,
  stored: readonly StoredEvent[],
  mayHaveEnded: boolean,
): boolean {
  const row = stored.find(({ eventId }) => eventId === input.eventId);
  if (answer.code === null) {
    expect(answer.data.event).toEqual(row);
    expect(row && sameContent(row, input)).toBe(true);
    return answer.data.created;
  }
  if (row) {
    expect(answer.code).toBe('EVENT_CONFLICT');
    expect(sameContent(row, input)).toBe(false);
  } else {
    expect(answer.code).toBe('SESSION_COMPLETED');
    expect(mayHaveEnded).toBe(true);
  }
  return false;
}
