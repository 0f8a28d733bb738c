import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { HttpConnection } from '../process/http-connection';

/** A crowd to be followed by, and events for it. */
export interface LiveLoad {
  readonly url: string;
  readonly sessionIds: readonly string[];
  /** On each session. */
  readonly subscribers: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** Unique for this load: events are named by it. */
  readonly name: string;
}

export interface LiveMeasured {
  readonly events: number;
  readonly deliveries: number;
  /** From the answer to the writer until the event is there, sorted, in milliseconds. Some are there before. */
  readonly latencies: readonly number[];
}

const following =
  'subscription ($sessionId: ID!) { eventAdded(sessionId: $sessionId) { eventId position type payload } }';
const adding = 'mutation ($input: AddEventInput!) { addEvent(input: $input) { created event { position } } }';
const writers = 64;
const opening = 100;
/** Before what has not come counts as lost. */
const patienceMs = 15_000;

/** One WebSocket for each subscriber, and writers beside them. */
export class LiveCrowd {
  private readonly sockets: WebSocket[] = [];
  private readonly acknowledged = new Map<string, number>();
  private readonly early = new Map<string, number[]>();
  private latencies: number[] = [];

  /** Opens the connections; resolves when every subscription has had time to begin. */
  async join({ url, sessionIds, subscribers }: LiveLoad): Promise<void> {
    const wanted = sessionIds.flatMap((sessionId) => Array<string>(subscribers).fill(sessionId));
    for (let start = 0; start < wanted.length; start += opening)
      await Promise.all(wanted.slice(start, start + opening).map((sessionId) => this.follow(url, sessionId)));
    await sleep(1_000);
  }

  /** Writes at the rate, and waits for what is still to come. */
  async write(load: LiveLoad): Promise<LiveMeasured> {
    this.latencies = [];
    const total = Math.round(load.eventsPerSecond * load.seconds);
    const started = performance.now();
    let next = 0;
    const write = async (): Promise<void> => {
      const connection = await HttpConnection.open(load.url);
      for (let index = next++; index < total; index = next++) {
        const dueMs = (index / load.eventsPerSecond) * 1000 - (performance.now() - started);
        if (dueMs > 0) await sleep(dueMs);
        await this.add(connection, load, index);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: writers }, write));
    const deliveries = total * load.subscribers;
    const deadline = performance.now() + patienceMs;
    while (this.latencies.length < deliveries && performance.now() < deadline) await sleep(50);
    return {
      events: total,
      deliveries: this.latencies.length,
      latencies: this.latencies.sort((a, b) => a - b),
    };
  }

  leave(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  private async follow(url: string, sessionId: string): Promise<void> {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
    this.sockets.push(socket);
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.on('message', (data: Buffer) => this.take(data));
    const payload = { query: following, variables: { sessionId } };
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
  }

  private take(data: Buffer): void {
    const eventId = /"eventId":"([^"]+)"/.exec(data.toString('latin1', 0, 200))?.[1];
    if (eventId === undefined) return;
    const now = performance.now();
    const answered = this.acknowledged.get(eventId);
    if (answered !== undefined) this.latencies.push(now - answered);
    else this.early.set(eventId, [...(this.early.get(eventId) ?? []), now]);
  }

  private async add(connection: HttpConnection, load: LiveLoad, index: number): Promise<void> {
    const eventId = `${load.name}-${index}`;
    const sessionId = load.sessionIds[index % load.sessionIds.length]!;
    const payload = { text: `What is said in event ${index}, about as long as one sentence of a call.` };
    const input = { sessionId, eventId, type: 'USER_SPEECH', payload };
    const { status } = await connection.post(JSON.stringify({ query: adding, variables: { input } }));
    if (status !== 200) throw new Error(`${load.url} answered ${status}`);
    this.acknowledged.set(eventId, performance.now());
    for (let count = this.early.get(eventId)?.length ?? 0; count > 0; count -= 1) this.latencies.push(0);
    this.early.delete(eventId);
  }
}
