/** A step that the engine answers otherwise than MongoDB 4.4.6 did, on purpose. */
export interface IntendedDifference {
  /** The file of the transcripts, without `.json`. */
  readonly area: string;
  readonly scenario: string;
  /** Counted from 0. */
  readonly step: number;
  readonly reason: string;
}

export const intendedDifferences: readonly IntendedDifference[] = [
  {
    area: 'aggregate',
    scenario: 'aggregate-project-dates-and-buckets',
    step: 4,
    reason: 'groups of one count come in the order of MongoDB\'s hash table, which nothing promises; here as first seen',
  },
  {
    area: 'admin',
    scenario: 'diagnostics',
    step: 2,
    reason: 'getLastError is of drivers that are older than any which speak to this engine',
  },
];
