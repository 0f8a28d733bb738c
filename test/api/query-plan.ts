/** What an explained command says of itself, summed over its parts. */
export interface PlanSummary {
  /** Every stage there is, once: IXSCAN, FETCH, LIMIT, … */
  readonly stages: ReadonlySet<string>;
  readonly returned: number;
  readonly keysExamined: number;
  readonly docsExamined: number;
}

/** Walks an explain answer of find, count or aggregate, which nest their parts in many ways. */
export function summarize(explained: unknown): PlanSummary {
  const summary = { stages: new Set<string>(), returned: 0, keysExamined: 0, docsExamined: 0 };
  visit(explained);
  return summary;

  function visit(part: unknown, isCounted = false): void {
    if (typeof part !== 'object' || part === null) return;
    if (Array.isArray(part)) return part.forEach((item) => visit(item, isCounted));
    const fields = part as Record<string, unknown>;
    if (typeof fields.stage === 'string') summary.stages.add(fields.stage);
    // A cluster tells it of the whole and again of each shard, some versions again of each stage.
    const counts = !isCounted && typeof fields.totalKeysExamined === 'number';
    if (counts) {
      summary.returned += Number(fields.nReturned);
      summary.keysExamined += Number(fields.totalKeysExamined);
      summary.docsExamined += Number(fields.totalDocsExamined);
    }
    for (const [name, value] of Object.entries(fields))
      if (name !== 'rejectedPlans') visit(value, isCounted || counts);
  }
}
