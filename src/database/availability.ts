import type { mongo } from 'mongoose';
import { type DomainError, serviceUnavailable } from '../errors';
import type { Log } from '../log';

/** What an operation needs from the database: a primary to write to, or any readable server. */
export type Need = 'primary' | 'any';

const tickMs = 250;
/** How long the database may be unavailable before operations fail: many elections are shorter. */
const patienceMs = 1_000;
/** After so many ticks without a heartbeat reply, a server counts as unavailable even if its connections are open. */
const silentTicks = 8;

const writable = new Set<string>(['RSPrimary', 'Mongos', 'Standalone', 'LoadBalancer']);
const readable = new Set<string>([...writable, 'RSSecondary']);

/** Whether the database is available. */
export interface Availability {
  /** @throws SERVICE_UNAVAILABLE at once, if what is needed has been unavailable for a second or more */
  require(need: Need): void;
  isAvailable(need: Need): boolean;
  /** Calls `waiter` when what it needs is lost, until the returned function is called. */
  watch(waiter: Waiter): () => void;
}

/** Called when what it needs has been unavailable for too long. */
export interface Waiter {
  readonly need: Need;
  fail(reason: DomainError): void;
}

/**
 * Availability according to the driver's monitoring. Without it, every operation would wait until its own timeout.
 */
export class MonitoredAvailability implements Availability {
  private readonly since: Record<Need, number | null> = { primary: null, any: null };
  /** Null until the driver has reported. */
  private servers: ReadonlyMap<string, string> | null = null;
  /** Ticks since each server's last heartbeat reply. Counted, not timed, because a suspended process sees no replies. */
  private readonly silence = new Map<string, number>();
  private reported = false;
  private readonly waiters = new Set<Waiter>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    client: mongo.MongoClient,
    private readonly log: Log,
  ) {
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      this.servers = new Map([...newDescription.servers].map(([address, { type }]) => [address, type]));
      this.look();
    });
    // The driver's connectionId is the address of the server here.
    client.on('serverHeartbeatSucceeded', ({ connectionId }) => this.silence.set(connectionId, 0));
    this.timer = setInterval(() => this.tick(), tickMs).unref();
  }

  require(need: Need): void {
    if (this.isLost(need)) throw unavailable();
  }

  isAvailable(need: Need): boolean {
    return !this.isLost(need);
  }

  watch(waiter: Waiter): () => void {
    this.waiters.add(waiter);
    return () => this.waiters.delete(waiter);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private isLost(need: Need): boolean {
    const since = this.since[need];
    return since !== null && performance.now() - since >= patienceMs;
  }

  private tick(): void {
    for (const [address, ticks] of this.silence) this.silence.set(address, ticks + 1);
    this.look();
    for (const need of ['primary', 'any'] as const) if (this.isLost(need)) this.failAll(need);
    this.report();
  }

  private report(): void {
    const lost = this.isLost('primary');
    if (lost === this.reported) return;
    this.reported = lost;
    if (lost) this.log.warn({}, 'the database is away: operations are refused until it is back');
    else this.log.info({}, 'the database is back');
  }

  private look(): void {
    this.note('primary', this.has(writable));
    this.note('any', this.has(readable));
  }

  private note(need: Need, isThere: boolean): void {
    if (isThere) this.since[need] = null;
    else this.since[need] ??= performance.now();
  }

  private has(types: ReadonlySet<string>): boolean {
    if (this.servers === null) return true;
    for (const [address, type] of this.servers)
      if (types.has(type) && (this.silence.get(address) ?? 0) < silentTicks) return true;
    return false;
  }

  private failAll(lost: Need): void {
    for (const waiter of this.waiters) {
      if (waiter.need !== lost) continue;
      this.waiters.delete(waiter);
      waiter.fail(unavailable());
    }
  }
}

function unavailable(): DomainError {
  return serviceUnavailable('The database is unavailable. Try again.');
}
