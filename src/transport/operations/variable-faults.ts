import type { GraphQLError } from 'graphql';
import { badUserInput, DomainError } from '../../errors';
import { asGraphQLError } from './refusals';

/** The path of a value in the variables: a name or index, and its parent. */
export interface Place {
  readonly around: Place | null;
  readonly key: string | number;
}

/** With the error that counts the rest, as many as a response lists. */
const maxListed = 49;
/** How much client text an error quotes, in UTF-16 units. */
const maxQuoted = 40;

/** The errors in a request's variables. Beyond the listed ones it only counts, because every byte can be an error. */
export class VariableFaults {
  private readonly listed: GraphQLError[] = [];
  private count = 0;

  /** Notes that the value at `place` is invalid. */
  add(place: Place, rule: string): void {
    this.count += 1;
    if (this.count <= maxListed) this.listed.push(asGraphQLError(badUserInput(pathOf(place), rule)));
  }

  /** The first errors, and one that counts the rest. Empty if there are none. */
  get errors(): readonly GraphQLError[] {
    const more = this.count - this.listed.length;
    if (more === 0) return this.listed;
    const rest = new DomainError('BAD_USER_INPUT', `There are ${more} more errors in the variables.`);
    return [...this.listed, asGraphQLError(rest)];
  }
}

/** Client text, shortened and quoted for an error. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted)}…`);
}

/** `input.events[3].type` */
function pathOf({ around, key }: Place): string {
  if (around === null) return String(key);
  return typeof key === 'number' ? `${pathOf(around)}[${key}]` : `${pathOf(around)}.${key}`;
}
