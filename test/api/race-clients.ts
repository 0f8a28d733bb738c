import { required, SessionClient, type EventInput, type StoredEvent } from '../process/session-client';
import { Random } from '../generate/random';

export interface Crowd {
  readonly clients: number;
  readonly events: number;
  readonly sessions: number;
}

/** An answer that said "stored", from whichever server. */
export interface Acknowledged {
  readonly input: EventInput;
  readonly created: boolean;
  readonly event: StoredEvent;
  /** How often it was sent without an answer, or told to come back: it may have been stored then. */
  readonly unanswered: number;
}

/** Sends until it is answered: a client that lost the connection, or was told to come back, comes back. */
export async function addUntilAnswered(
  client: SessionClient,
  input: EventInput,
  currentUrl: () => string,
): Promise<{ code: string } | Acknowledged> {
  for (let unanswered = 0; unanswered < 400; unanswered += 1) {
    client.url = currentUrl();
    const answer = await client.addEvent(input).catch(() => null);
    if (answer?.code === null) return { input, ...answer.data, unanswered };
    if (answer && !answer.retryable) return { code: answer.code };
    await new Promise((resolve) => setTimeout(resolve, Math.min(10 * unanswered + 10, 100)));
  }
  throw new Error(`no answer to ${input.eventId} after 400 attempts`);
}

export async function createSessions(url: string, count: number, prefix: string): Promise<string[]> {
  const client = new SessionClient(url);
  const sessionIds = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  for (const sessionId of sessionIds) required(await client.createSession({ sessionId, language: 'en' }));
  client.close();
  return sessionIds;
}

/** `count` different events, spread over the sessions. */
export function differentEvents(sessionIds: readonly string[], count: number): EventInput[] {
  return Array.from({ length: count }, (_, index) => ({
    sessionId: sessionIds[index % sessionIds.length]!,
    eventId: `event-${index}`,
    type: 'USER_SPEECH',
    payload: { text: `sentence ${index}`, confidence: 0.9 },
  }));
}

/**
 * Each event two to four times, dealt at random to the clients, which send what they have one after the other, the
 * clients of each server all at once. Resolves to every answer.
 */
export async function addFromEverywhere(
  urls: () => string[],
  events: readonly EventInput[],
  clients: number,
  seed: number,
): Promise<Acknowledged[]> {
  const random = new Random(seed);
  const hands: EventInput[][] = Array.from({ length: clients }, () => []);
  const copies = events.flatMap((event) => Array<EventInput>(2 + random.below(3)).fill(event));
  for (const event of shuffled(copies, random)) random.pick(hands).push(event);
  const answers = await Promise.all(
    hands.map(async (hand, index) => {
      const url = () => urls()[index % urls().length]!;
      const client = new SessionClient(url());
      const got: Acknowledged[] = [];
      for (const event of hand) {
        const answer = await addUntilAnswered(client, event, url);
        if ('code' in answer) throw new Error(`${event.eventId} was refused: ${answer.code}`);
        got.push(answer);
      }
      client.close();
      return got;
    }),
  );
  return answers.flat();
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const result = [...list];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}

/** Reads a session whole: its events in the order in which they were stored, and the count it claims. */
export async function readSession(url: string, sessionId: string) {
  const client = new SessionClient(url);
  const session = required(await client.session(sessionId));
  const events = await client.allEvents(sessionId);
  client.close();
  return { session, events: events.toSorted((a, b) => a.position - b.position) };
}
