import type { Attack } from './attack';
import { bodies, gets, variables } from './body-attacks';
import { rowErrors } from './row-attacks';
import { floods, fragments } from './text-attacks';

/** Every hostile request that is known but the largest, each sent by itself. */
export const attacks: readonly Attack[] = [
  ...fragments,
  ...floods,
  ...rowErrors,
  ...variables,
  ...bodies,
  ...gets,
];
