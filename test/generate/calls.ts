import { spreadStarts } from './call-times';
import { botSpeech, pickLanguage, sessionMetadata, systemEvent, userSpeech } from './payloads';
import { Random } from './random';

export interface GeneratedSession {
  sessionId: string;
  status: 'INITIATED' | 'ACTIVE' | 'COMPLETED' | 'FAILED';
  language: string;
  metadata: Record<string, unknown>;
  startedAt: Date;
  endedAt: Date | null;
  durationMs: number | null;
  endReason: string | null;
  eventCount: number;
  lastEventAt: Date | null;
}

export interface GeneratedEvent {
  sessionId: string;
  eventId: string;
  type: 'USER_SPEECH' | 'BOT_SPEECH' | 'SYSTEM';
  payload: object;
  timestamp: Date;
  receivedAt: Date;
  position: number;
}

/** A session comes after its events: whoever stops half-way leaves no session that lacks some. */
export type Generated = { event: GeneratedEvent } | { session: GeneratedSession };

export interface Amount {
  readonly sessions: number;
  readonly events: number;
  readonly seed: number;
  /** The calls fill so many days, 90 where it is not said, … */
  readonly days?: number;
  /** … before this instant, 2026-01-01 where it is not said. */
  readonly until?: Date;
}

/** Exactly so many sessions with exactly so many events, oldest call first. The same again for the same amount. */
export function* generateCalls(amount: Amount): Generator<Generated> {
  const { sessions, events, seed, days = 90, until = new Date('2026-01-01T00:00:00Z') } = amount;
  const random = new Random(seed);
  const starts = spreadStarts(sessions, days, until.getTime());
  let index = 0;
  for (const count of eventCounts(sessions, events, seed)) {
    const sessionId = `call-${seed}-${String(index).padStart(7, '0')}`;
    const startedAt = earlyEnough(starts(index), until, count, (start) =>
      oneCall(random.copy(), sessionId, start, count),
    );
    yield* oneCall(random, sessionId, startedAt, count);
    index += 1;
  }
}

/** Most calls are short and some are very long; together they have exactly `events` events. */
function* eventCounts(sessions: number, events: number, seed: number): Generator<number> {
  const lengthOf = (random: Random): number => (random.chance(0.03) ? 0 : 0.15 + random.around(1));
  const measuring = new Random(seed ^ 0x5eed);
  let total = 0;
  for (let index = 0; index < sessions; index += 1) total += lengthOf(measuring);
  const drawing = new Random(seed ^ 0x5eed);
  let drawn = 0;
  let given = 0;
  for (let index = 0; index < sessions; index += 1) {
    drawn += lengthOf(drawing);
    const upToHere = index === sessions - 1 ? events : Math.round((events * drawn) / (total || 1));
    yield upToHere - given;
    given = upToHere;
  }
}

/** Moves a call that would last beyond `until` so far back that it ends then: nothing lies in the future. */
function earlyEnough(
  startedAt: number,
  until: Date,
  count: number,
  tryOut: (start: Date) => Iterable<Generated>,
): Date {
  const longest = 60_000 + count * 10_000;
  if (startedAt + longest < until.getTime()) return new Date(startedAt);
  let end = startedAt;
  for (const generated of tryOut(new Date(startedAt))) {
    const last = 'event' in generated ? generated.event.receivedAt : generated.session.endedAt;
    end = Math.max(end, last?.getTime() ?? 0);
  }
  return new Date(startedAt - Math.max(0, end - until.getTime()));
}

function* oneCall(random: Random, sessionId: string, startedAt: Date, count: number): Generator<Generated> {
  const { tag, sentences } = pickLanguage(random);
  let clock = startedAt.getTime();
  let lastEventAt: Date | null = null;
  for (let position = 1; position <= count; position += 1) {
    // A tenth of the events share their millisecond with the one before; a few arrive after later ones.
    if (!random.chance(0.1)) clock += Math.ceil(random.around(2600));
    const late = random.chance(0.03) ? Math.round(random.around(900)) : 0;
    const timestamp = new Date(Math.max(startedAt.getTime(), clock - late));
    if (!lastEventAt || timestamp > lastEventAt) lastEventAt = timestamp;
    const receivedAt = new Date(clock + 25 + Math.round(random.around(40)));
    const eventId = `evt-${position}`;
    yield {
      event: {
        sessionId,
        eventId,
        ...whatHappens(random, sentences, position),
        timestamp,
        receivedAt,
        position,
      },
    };
  }
  const status = statusOf(random, count);
  const endedAt = status === 'COMPLETED' || status === 'FAILED' ? new Date(clock + 400) : null;
  const metadata = sessionMetadata(random);
  yield {
    session: {
      sessionId,
      status,
      language: tag,
      metadata,
      startedAt,
      endedAt,
      durationMs: endedAt && endedAt.getTime() - startedAt.getTime(),
      endReason: endReasonOf(status, count),
      eventCount: count,
      lastEventAt,
    },
  };
}

function whatHappens(
  random: Random,
  sentences: ReturnType<typeof pickLanguage>['sentences'],
  position: number,
) {
  if (position === 1) return { type: 'SYSTEM', payload: { kind: 'call_started' } } as const;
  const type = random.weighted({ BOT_SPEECH: 40, USER_SPEECH: 38, SYSTEM: 22 });
  switch (type) {
    case 'BOT_SPEECH':
      return { type, payload: botSpeech(random, sentences) };
    case 'USER_SPEECH':
      return { type, payload: userSpeech(random, sentences) };
    case 'SYSTEM':
      return { type, payload: systemEvent(random) };
  }
}

function endReasonOf(status: GeneratedSession['status'], count: number): string | null {
  if (status === 'FAILED') return count % 2 === 0 ? 'call-dropped' : 'no-answer';
  if (status === 'COMPLETED') return count % 5 === 0 ? 'transferred' : 'customer-hung-up';
  return null;
}

function statusOf(random: Random, count: number): GeneratedSession['status'] {
  if (count === 0) return 'INITIATED';
  return random.weighted({ COMPLETED: 90, FAILED: 7, ACTIVE: 3 });
}
