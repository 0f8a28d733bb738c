import * as fc from 'fast-check';
import { required, type EventInput, type StoredEvent } from '../process/session-client';
import { burst } from './model-burst';
import { command, expectedSession, inRun, type Command } from './model-run';
import { sameContent, type SessionModel } from './session-model';

/** Names, times and contents are few, so that they meet. */
const sessionNames = fc.constantFrom('a', 'b', 'c');
const eventInputs = fc.record(
  {
    sessionId: sessionNames,
    eventId: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
    type: fc.constantFrom('USER_SPEECH' as const, 'BOT_SPEECH' as const),
    payload: fc.constantFrom<Record<string, unknown>>(
      {},
      { x: 1, y: null },
      { y: null, x: 1 },
      { 'a.b': [{}] },
    ),
    timestamp: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z'),
  },
  { requiredKeys: ['sessionId', 'eventId', 'type', 'payload'] },
);

export const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(sessionNames, fc.constantFrom('en', 'de-DE'))
    .map(([name, language]) => createSession(name, language)),
  eventInputs.map(addEvent),
  fc.array(eventInputs, { minLength: 1, maxLength: 12 }).map(addEvents),
  fc
    .tuple(sessionNames, fc.constantFrom('COMPLETED' as const, 'FAILED' as const))
    .map(([n, o]) => completeSession(n, o)),
  fc.tuple(sessionNames, fc.integer({ min: 1, max: 5 })).map(([name, size]) => readPages(name, size)),
  fc
    .tuple(sessionNames, fc.array(eventInputs, { minLength: 2, maxLength: 10 }), fc.boolean())
    .map(([name, events, completing]) => burst(name, events, completing)),
];

function createSession(name: string, language: string): Command {
  return command(`create ${name} ${language}`, async (model, real) => {
    const input = inRun(real, { sessionId: name, language });
    const created = model.create(input.sessionId, language);
    const answer = required(await real.client.createSession(input));
    expect(answer.created).toBe(created);
    expect(answer.session).toMatchObject(expectedSession(model, input.sessionId));
  });
}

function addEvent(event: EventInput): Command {
  return command(`add ${JSON.stringify(event)}`, async (model, real) => {
    const input = inRun(real, event);
    const expected = model.expectAddition(input);
    const answer = await real.client.addEvent(input);
    if (expected.kind === 'refused') return expect(answer.code).toBe(expected.code);
    const { created, event: stored } = required(answer);
    checkStored(model, input, { created, stored });
  });
}

/** Compares one stored event's answer with the model, and puts a new one into it. */
function checkStored(
  model: SessionModel,
  input: EventInput,
  answer: { created: boolean; stored: StoredEvent },
): void {
  const expected = model.expectAddition(input);
  const { created, stored } = answer;
  switch (expected.kind) {
    case 'created':
      expect(created).toBe(true);
      expect(stored.position).toBe(expected.position);
      expect(stored.eventId).toBe(input.eventId);
      expect(sameContent(stored, input)).toBe(true);
      return model.store(input.sessionId, stored);
    case 'duplicate':
      return expect({ created, stored }).toEqual({ created: false, stored: expected.event });
    case 'refused':
      throw new Error(`answered, but ${expected.code} was to be expected`);
  }
}

function addEvents(events: EventInput[]): Command {
  return command(`add batch ${JSON.stringify(events)}`, async (model, real) => {
    const inputs = events.map((event) => inRun(real, event));
    const { results, ...counts } = required(await real.client.addEvents(inputs));
    const seen = { createdCount: 0, duplicateCount: 0, rejectedCount: 0 };
    for (const [index, input] of inputs.entries()) {
      const result = results[index]!;
      const expected = model.expectAddition(input);
      if (result.__typename === 'EventRejection') {
        expect({ kind: 'refused', code: result.code }).toEqual(expected);
        seen.rejectedCount += 1;
      } else {
        checkStored(model, input, { created: result.created, stored: result.event });
        seen[result.created ? 'createdCount' : 'duplicateCount'] += 1;
      }
    }
    expect(counts).toEqual(seen);
  });
}

function completeSession(name: string, outcome: 'COMPLETED' | 'FAILED'): Command {
  return command(`complete ${name} ${outcome}`, async (model, real) => {
    const { sessionId } = inRun(real, { sessionId: name });
    const completed = model.complete(sessionId, outcome);
    const answer = await real.client.completeSession(sessionId, outcome);
    if (completed === null) return expect(answer.code).toBe('SESSION_NOT_FOUND');
    expect(required(answer).completed).toBe(completed);
    expect(required(answer).session).toMatchObject(expectedSession(model, sessionId));
  });
}

/** Reads the conversation in pages, forwards and backwards. */
function readPages(name: string, size: number): Command {
  return command(`read ${name} by ${size}`, async (model, real) => {
    const { sessionId } = inRun(real, { sessionId: name });
    const session = await real.client.session(sessionId);
    if (!model.sessions.has(sessionId)) return expect(session).toEqual({ data: null, code: null });
    expect(session.data).toMatchObject(expectedSession(model, sessionId));
    const conversation = model.conversation(sessionId);
    expect(await real.client.allEvents(sessionId, size)).toEqual(conversation);
    const backwards: StoredEvent[] = [];
    for (let before: string | null = null, more = true; more;) {
      const page = await real.client.page(sessionId, { last: size, before });
      backwards.unshift(...page.nodes);
      ({ hasPreviousPage: more, startCursor: before } = page.pageInfo);
    }
    expect(backwards).toEqual(conversation);
  });
}
