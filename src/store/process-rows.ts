import type { mongo } from 'mongoose';
import type { Store } from './store';

/** A server process that writes, as the others see it. Not part of the API. */
export interface ProcessRow {
  readonly _id: string;
  /** The server sessions in which it runs transactions. */
  readonly sessions: readonly mongo.Binary[];
  /** Grows while the process lives. Compared with itself only: no clock of another machine is trusted. */
  readonly beats: number;
}

/** How often a process that writes beats, and looks at the others. */
export const beatMs = 500;
/**
 * A process that has not beaten between so many looks counts as dead: it is seen after half a second, and found out two
 * seconds later. Looks are counted, because in a pause of this process or of the database nobody could be seen to beat. A
 * mistake costs a process one rerun of a transaction.
 */
const deadAfterLooks = 4;
const longestPauseMs = 3 * beatMs;
const maxTimeMS = 2_000;

/** The rows that tell of processes. */
export function processRows({ database }: Pick<Store, 'database'>): mongo.Collection<ProcessRow> {
  // No majority is waited for: the transactions that the rows are about are lost with their primary as well.
  return database.collection('processes', { writeConcern: { w: 1 }, readConcern: { level: 'local' } });
}

/** Finds out which other processes have fallen silent. */
export class OtherProcesses {
  private readonly observed = new Map<string, { readonly beats: number; looks: number }>();
  private lastLook = 0;

  constructor(
    private readonly rows: mongo.Collection<ProcessRow>,
    private readonly ownId: string,
  ) {}

  /**
   * Looks at the others, and returns those that are dead.
   * @throws the driver's errors
   */
  async findDead(): Promise<ProcessRow[]> {
    const others = await this.rows
      .find({ _id: { $ne: this.ownId } }, { readPreference: 'primary', maxTimeMS })
      .toArray();
    const now = performance.now();
    if (now - this.lastLook > longestPauseMs) this.observed.clear();
    this.lastLook = now;
    const present = new Set(others.map(({ _id }) => _id));
    for (const id of this.observed.keys()) if (!present.has(id)) this.observed.delete(id);
    return others.filter((row) => this.isSilent(row));
  }

  private isSilent({ _id, beats }: ProcessRow): boolean {
    const observation = this.observed.get(_id);
    if (observation?.beats !== beats) {
      this.observed.set(_id, { beats, looks: 0 });
      return false;
    }
    observation.looks += 1;
    return observation.looks >= deadAfterLooks;
  }
}
