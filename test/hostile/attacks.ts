import type { Attack } from './attack';
import { bodies, gets, variables } from './body-attacks';
import { payloads } from './payload-attacks';
import { rowErrors } from './row-attacks';
import { floods, fragments } from './text-attacks';

/** Every hostile request that is known, each sent by itself. */
export const attacks: readonly Attack[] = [
  ...fragments,
  ...floods,
  ...rowErrors,
  ...variables,
  ...bodies,
  ...gets,
  ...payloads,
];
