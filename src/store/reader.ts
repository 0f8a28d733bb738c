import DataLoader from 'dataloader';
import type { mongo } from 'mongoose';
import { isTooMuchWork } from '../database/database-errors';
import { DomainError } from '../errors';
import { Event, type EventRow } from './event.model';
import {
  eventCountCondition,
  eventPageQuery,
  type EventPageRequest,
  type EventPlace,
  type EventSelection,
} from './event-queries';
import {
  groupedCounts,
  groupedPages,
  type GroupedRequest,
  pageWithSession,
  sessionsPerCommand,
} from './grouped-reads';
import { pageOf, type Page, type PageRequest } from './page';
import { eventProjection, sessionProjection, type Fields, type Projection } from './projection';
import { CommandRunner, type RunnerOptions } from './command-runner';
import { Session, type SessionRow } from './session.model';
import {
  mayLookAtMany,
  sessionFilter,
  sessionPageQuery,
  type SessionOrder,
  type SessionOrderField,
  type SessionPlace,
  type SessionSelection,
} from './session-queries';
import { countAllSessions } from './session-count';
import { sessionIndexes } from './session-indexes';
import { type GroupMeasures, type Grouping, type GroupRow, statisticsPipeline } from './statistics-pipeline';
import type { Store } from './store';

/**
 * The reads of one operation. Equal lookups are merged, and lookups of one tick share a command. `fields` are those of the
 * API's types; only they are fetched, so only they may be read from the results.
 */
export class Reader {
  private readonly loaders = new Map<string, DataLoader<string, unknown>>();
  /** The sessions read last, with their fetched fields. */
  private readonly known = new Map<string, { session: Session; stored: object }>();
  private readonly runner: CommandRunner;

  constructor(
    private readonly store: Store,
    options: RunnerOptions,
  ) {
    this.runner = new CommandRunner(store, { ...options });
  }

  /** Clears all caches and switches to the primary, so that the operation sees its own write. */
  afterWrite(): void {
    this.loaders.clear();
    this.known.clear();
    this.runner.fromPrimary();
  }

  /** The session, or null. It is not read again if these fields were fetched before. */
  session(sessionId: string, fields: Fields): Promise<Session | null> | Session {
    const projection = sessionProjection(fields);
    const known = this.known.get(sessionId);
    if (known !== undefined && Object.keys(projection).every((name) => name in known.stored))
      return known.session;
    return this.load(`session ${keyOf(projection)}`, sessionId, async (sessionIds) => {
      const filter = { sessionId: anyOf(sessionIds) };
      const request = { filter, projection, limit: sessionIds.length };
      const rows = await this.runner.find<SessionRow>(this.store.sessions.collectionName, request);
      const sessions = new Map(
        rows.map((row) => [row.sessionId, this.remember(new Session(row), projection)]),
      );
      return sessionIds.map((id) => sessions.get(id) ?? null);
    });
  }

  /** The event, or null. */
  event(sessionId: string, eventId: string, fields: Fields): Promise<Event | null> {
    // Needed to match rows, even if it is not selected.
    const projection = { ...eventProjection(fields), eventId: 1 };
    return this.load(`event ${keyOf(projection)}`, placeOf({ sessionId, eventId }), async (places) => {
      const filter = eventsAt(places);
      const rows = await this.runner.find<EventRow>(this.store.events.collectionName, {
        filter,
        projection,
        limit: places.length,
      });
      const events = new Map(rows.map((row) => [placeOf(row), new Event(row)]));
      return places.map((place) => events.get(place) ?? null);
    });
  }

  /**
   * The session, or null, read together with a page of its events that will be requested next: one command if the server
   * supports it. `eventPage` then returns that page.
   */
  async sessionWithEvents(
    sessionId: string,
    fields: Fields,
    page: EventPageRequest,
    eventFields: Fields,
  ): Promise<Session | null> {
    if (!this.store.hasUnions || this.store.isSharded) return this.session(sessionId, fields);
    const projection = sessionProjection(fields);
    const request = groupedRequest(page, eventFields);
    const read = await pageWithSession(this.store, sessionId, request, projection, this.runner);
    this.eventPages(page.place, request).prime(sessionId, eventPageOf(read.rows, page.place));
    return read.session && this.remember(new Session(read.session), projection);
  }

  /** A page of a session's events. The same page of many sessions shares a command. */
  eventPage(sessionId: string, page: EventPageRequest, fields: Fields): Promise<Page<Event>> {
    return this.eventPages(page.place, groupedRequest(page, fields)).load(sessionId);
  }

  private eventPages(page: PageRequest<EventPlace>, request: GroupedRequest) {
    const read = async (sessionIds: readonly string[]) => {
      const rows = await groupedPages(this.store, sessionIds, request, this.runner);
      return rows.map((group) => eventPageOf(group, page));
    };
    return this.loader(`events ${JSON.stringify(request)}`, read, sessionsPerCommand(request));
  }

  /** The number of a session's matching events. The same count of many sessions shares a command. */
  countEvents(sessionId: string, selection: EventSelection): Promise<number> {
    const condition = eventCountCondition(selection);
    return this.load(`count ${JSON.stringify(condition)}`, sessionId, (sessionIds) =>
      this.expensive(() => groupedCounts(this.store, sessionIds, condition, this.runner)),
    );
  }

  /** A page of the list of sessions. */
  async sessionPage(
    page: PageRequest<SessionPlace>,
    order: SessionOrder,
    selection: SessionSelection,
    fields: Fields,
  ): Promise<Page<Session>> {
    const { hint, ...query } = sessionPageQuery(page, order, selection);
    const projection = { ...sessionProjection(fields), ...placeProjections[order.field] };
    const request = { ...query, ...(hint && { hint }), projection, limit: page.limit + 1 };
    const find = () => this.runner.find<SessionRow>(this.store.sessions.collectionName, request);
    const rows = await (mayLookAtMany(selection, order) ? this.expensive(find) : find());
    return pageOf(
      rows.map((row) => this.remember(new Session(row), projection)),
      page,
    );
  }

  /** The number of sessions in the list of this order. Equal counts are merged. */
  countSessions({ field }: SessionOrder, selection: SessionSelection): Promise<number> {
    const filter = sessionFilter(selection, field);
    const { store, runner } = this;
    if (Object.keys(filter).length === 0)
      return this.load('count all sessions', '', async () => [
        await countAllSessions(store, runner, (read) => this.expensive(read)),
      ]);
    return this.load(`count sessions ${JSON.stringify(filter)}`, '', () =>
      this.expensive(async () => [await store.sessions.countDocuments(filter, runner.commandOptions)]),
    );
  }

  /** The start of the first and last session; null if there are none. */
  async firstAndLastStart(): Promise<{ first: Date; last: Date } | null> {
    const [first, last] = await Promise.all(([1, -1] as const).map((step) => this.startAtEnd(step)));
    return first && last ? { first, last } : null;
  }

  /**
   * At most `limit` groups of the selected sessions, computed by the database.
   * @throws QUERY_TOO_COMPLEX if that takes more time or memory than one operation may
   */
  async groupSessions(
    selection: SessionSelection,
    grouping: Grouping,
    measures: GroupMeasures,
    limit: number,
  ): Promise<GroupRow[]> {
    const { pipeline, hint } = statisticsPipeline(selection, grouping, measures, limit);
    try {
      return await this.expensive(() =>
        this.runner.aggregate(this.store.sessions.collectionName, pipeline, limit, hint),
      );
    } catch (error) {
      if (!isTooMuchWork(error)) throw error;
      throw new DomainError(
        'QUERY_TOO_COMPLEX',
        'There are too many sessions to count at once. Ask for a shorter range of startedAt, or for fewer groups.',
        {},
        { cause: error },
      );
    }
  }

  private async startAtEnd(step: 1 | -1): Promise<Date | undefined> {
    const [row] = await this.runner.find<SessionRow>(this.store.sessions.collectionName, {
      filter: {},
      sort: { startedAt: step, _id: step },
      projection: { _id: 0, startedAt: 1 },
      hint: sessionIndexes.byStart,
      limit: 1,
    });
    return row?.startedAt;
  }

  private expensive<T>(read: () => Promise<T>): Promise<T> {
    return this.store.expensiveReads.run(this, 1, read);
  }

  private remember(session: Session, stored: object): Session {
    this.known.set(session.sessionId, { session, stored });
    return session;
  }

  /** Loads through the loader of this `name`. */
  private load<Value>(
    name: string,
    key: string,
    batch: (keys: readonly string[]) => Promise<Value[]>,
  ): Promise<Value> {
    return this.loader(name, batch).load(key);
  }

  private loader<Value>(
    name: string,
    batch: (keys: readonly string[]) => Promise<Value[]>,
    maxBatchSize = Infinity,
  ): DataLoader<string, Value> {
    let loader = this.loaders.get(name) as DataLoader<string, Value> | undefined;
    if (loader === undefined) {
      loader = new DataLoader(batch, { maxBatchSize });
      this.loaders.set(name, loader);
    }
    return loader;
  }
}

function groupedRequest({ place, order, selection }: EventPageRequest, fields: Fields): GroupedRequest {
  const projection = eventProjection(fields);
  return { ...eventPageQuery(place, order, selection), projection, limit: place.limit + 1 };
}

function eventPageOf(rows: readonly EventRow[], page: PageRequest<EventPlace>): Page<Event> {
  return pageOf(
    rows.map((row) => new Event(row)),
    page,
  );
}

/** The fields of a session's place in any order. */
const placeProjections: Readonly<Record<SessionOrderField, Projection>> = {
  startedAt: { startedAt: 1, _id: 1 },
  endedAt: { endedAt: 1, _id: 1 },
  durationMs: { startedAt: 1, endedAt: 1, _id: 1 },
};

/** The key of an event among all sessions; ids contain no white space. */
function placeOf({ sessionId, eventId }: Pick<EventRow, 'sessionId' | 'eventId'>): string {
  return `${sessionId} ${eventId}`;
}

function eventsAt(places: readonly string[]): mongo.Filter<mongo.Document> {
  const eventIds = new Map<string, string[]>();
  for (const place of places) {
    const [sessionId, eventId] = place.split(' ') as [string, string];
    const ids = eventIds.get(sessionId);
    if (ids === undefined) eventIds.set(sessionId, [eventId]);
    else ids.push(eventId);
  }
  const filters = [...eventIds].map(([sessionId, ids]) => ({ sessionId, eventId: anyOf(ids) }));
  return filters.length === 1 ? filters[0]! : { $or: filters };
}

function anyOf(keys: readonly string[]) {
  return keys.length === 1 ? keys[0] : { $in: [...keys] };
}

function keyOf(projection: mongo.Document): string {
  return Object.keys(projection).join();
}
