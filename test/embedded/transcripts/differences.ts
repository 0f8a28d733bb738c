/** Steps that the engine answers otherwise than MongoDB 4.4.6 did, on purpose, all for the same reason. */
interface IntendedDifference {
  readonly reason: string;
  /** The file of the transcripts, without `.json`. */
  readonly area: string;
  /** By scenario, the steps counted from 0. */
  readonly steps: Readonly<Record<string, readonly number[]>>;
}

export const intendedDifferences: readonly IntendedDifference[] = [
  {
    reason: "groups of one count come in the order of MongoDB's hash table, which nothing promises; here as first seen",
    area: 'aggregate',
    steps: { 'aggregate-project-dates-and-buckets': [4] },
  },
  {
    reason: '$lookup, and operators for texts, are not supported: no service and no shell needs them',
    area: 'aggregate',
    steps: {
      'aggregate-first-page-of-each-session': [4, 5],
      'aggregate-project-dates-and-buckets': [2, 3],
    },
  },
  {
    reason: '$mul, $rename and the operators on arrays are not supported, and the documents stay what they were',
    area: 'update',
    steps: { 'update-min-max-mul-currentDate-rename': [1, 3], 'update-arrays': [1, 2, 3, 4, 5, 6] },
  },
  {
    reason: 'getLastError and whatsmyuri are of clients that are older than any which speak to this engine',
    area: 'admin',
    steps: { diagnostics: [2, 3] },
  },
  {
    reason: 'indexes that let documents expire are refused: no service and no shell needs them',
    area: 'index',
    steps: { 'ttl-index-spec-is-kept': [0, 1] },
  },
  {
    reason: 'wildcard indexes are refused',
    area: 'index',
    steps: { 'index-wildcard-metadata': [0, 5] },
  },
];
