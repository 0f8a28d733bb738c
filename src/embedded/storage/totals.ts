/** How much a collection holds; kept with each commit, so that nobody has to count. */
export interface Totals {
  readonly documents: number;
  readonly bytes: number;
}

export const noTotals: Totals = { documents: 0, bytes: 0 };

export function sumOf(a: Totals, b: Totals): Totals {
  return { documents: a.documents + b.documents, bytes: a.bytes + b.bytes };
}

export function readTotals(stored: Buffer | undefined): Totals {
  return stored ? { documents: stored.readDoubleBE(0), bytes: stored.readDoubleBE(8) } : noTotals;
}

export function storedTotals({ documents, bytes }: Totals): Buffer {
  const stored = Buffer.allocUnsafe(16);
  stored.writeDoubleBE(documents, 0);
  stored.writeDoubleBE(bytes, 8);
  return stored;
}
