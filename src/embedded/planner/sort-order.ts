import { SortKey } from '../language/sort';
import { ComponentBounds, IndexAccess, pointPrefix } from './index-access';
import { isPoint } from './interval';

/** More walks than this are not merged: sorting is cheaper then. */
const MAX_MERGED_WALKS = 500;

/** How the walks of an access come to give a wanted order. */
export interface WalkOrder {
  readonly reverse: boolean;
  /** The components before this one are fixed in each of several walks, which are merged by what follows; 0: one walk. */
  readonly mergeFrom: number;
}

/** How the index gives the order, or null where it does not. */
export function walkOrder(access: IndexAccess, sort: readonly SortKey[]): WalkOrder | null {
  const { components, index } = access;
  const points = pointPrefix(access);
  let reverse: boolean | null = null;
  let mergeFrom = 0;
  let next = 0;
  for (const part of sort) {
    if (components.some((component) => component.path === part.path && isConstant(component, access)))
      continue;
    while (next < components.length && components[next]!.path !== part.path) {
      const skipped = components[next++]!;
      if (isSingle(skipped)) continue;
      // Several points before the order begins: a walk for each.
      if (reverse !== null || next > points) return null;
      mergeFrom = next;
    }
    const component = components[next++];
    if (!component || index.multikeyPaths.has(component.path)) return null;
    const backwards = component.direction !== part.direction;
    if (reverse !== null && reverse !== backwards) return null;
    reverse = backwards;
  }
  if (combinations(components.slice(0, mergeFrom)) > MAX_MERGED_WALKS) return null;
  return { reverse: reverse ?? false, mergeFrom };
}

/** One access for each combination of points in the first `count` components. */
export function splitByPoints(access: IndexAccess, count: number): IndexAccess[] {
  let heads: ComponentBounds[][] = [[]];
  for (const component of access.components.slice(0, count)) {
    heads = heads.flatMap((head) =>
      component.intervals.map((interval) => [...head, { ...component, intervals: [interval] }]),
    );
  }
  return heads.map((head) => access.within([...head, ...access.components.slice(count)]));
}

/** Whether every document the access finds has one and the same value there. */
function isConstant(component: ComponentBounds, { index }: IndexAccess): boolean {
  return isSingle(component) && !index.multikeyPaths.has(component.path);
}

function isSingle({ intervals }: ComponentBounds): boolean {
  return intervals.length === 1 && isPoint(intervals[0]!);
}

function combinations(components: readonly ComponentBounds[]): number {
  return components.reduce((product, { intervals }) => product * intervals.length, 1);
}
