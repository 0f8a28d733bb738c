/** The sample size, in rows. */
const sample = 8;

/** Estimates the memory of rows, in bytes, from a sample. */
export function sizeOfRows(rows: readonly unknown[]): number {
  const step = Math.max(1, rows.length / sample);
  let size = 0;
  let measured = 0;
  for (let at = 0; at < rows.length; at += step) {
    size += sizeOf(rows[Math.floor(at)]);
    measured += 1;
  }
  return measured === 0 ? 0 : (size / measured) * rows.length;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 16;
  for (const [key, inner] of Object.entries(value)) size += key.length + sizeOf(inner);
  return size;
}
