/** Up to here a loop is quicker than the view that a copy by the platform needs. */
const SHORT = 64;

/** Copies a part of `source` to `target` at `at`. @returns where it ends there */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  if (end - start > SHORT) {
    target.set(source.subarray(start, end), at);
    return at + end - start;
  }
  for (let from = start; from < end; from++) target[at++] = source[from]!;
  return at;
}
