import { startProcess, startServerProcess, type RunningProcess } from '../process/server-process';
import type { Store } from '../../src/store/store';
import { openPlace, type Place } from './place';
import type { Contender } from './rounds';

/** Who takes part: our server, or a peer by its file in `peers/`. */
export type Entrant = 'ours' | `peers/${string}`;

/** Contenders that run at the same time, each in its process and on its data, idle while it is another's turn. */
export class Ring {
  readonly contenders: Contender[] = [];
  private readonly places: Place[] = [];
  private readonly processes: RunningProcess[] = [];

  /** Starts one more, with `settings` on top of where its data is; `fill` puts its data in place first and resolves to the sessions it is asked about. */
  async enter(
    entrant: Entrant,
    fill: (store: Store) => Promise<string[]>,
    name = entrant.replace('peers/', ''),
    settings: Record<string, string> = {},
  ): Promise<void> {
    const place = await openPlace(name.replaceAll(' ', '-'));
    this.places.push(place);
    const sessionIds = await place.fill(fill);
    const running = await start(entrant, { ...place.settings, ...settings });
    this.processes.push(running);
    this.contenders.push({ name, url: running.url, pid: running.pid, sessionIds });
  }

  /** Starts a peer that keeps nothing. */
  async enterWithoutData(
    peer: Entrant,
    sessionIds: string[],
    name = peer.replace('peers/', ''),
    settings: Record<string, string> = {},
    credential?: string,
  ): Promise<void> {
    const running = await start(peer, settings);
    this.processes.push(running);
    this.contenders.push({ name, url: running.url, pid: running.pid, credential, sessionIds });
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.stop()));
    for (const place of this.places) await place.remove();
  }
}

function start(entrant: Entrant, settings: Record<string, string>): Promise<RunningProcess> {
  if (entrant === 'ours') return startServerProcess(settings);
  return startProcess(`test/bench/${entrant}.js`, [], settings, /http:\/\/[^\s"]+\/graphql/);
}
