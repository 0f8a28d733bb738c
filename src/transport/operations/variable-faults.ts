import type { GraphQLError } from 'graphql';
import { badUserInput, DomainError } from '../../errors';
import { asGraphQLError } from './refusals';

/** Where a value stands in the variables: a name or an index, and what is around it. */
export interface Place {
  readonly around: Place | null;
  readonly key: string | number;
}

/** With the one that counts the others, as many as an answer lists. */
const maxListed = 49;
/** How much of a client's own text an error quotes, in UTF-16 units. */
const maxQuoted = 40;

/** What is wrong with a request's variables. Beyond what is listed it only counts: there can be a fault a byte. */
export class VariableFaults {
  private readonly listed: GraphQLError[] = [];
  private count = 0;

  /** Notes that the value at `place` breaks a rule. */
  add(place: Place, rule: string): void {
    this.count += 1;
    if (this.count <= maxListed) this.listed.push(asGraphQLError(badUserInput(pathOf(place), rule)));
  }

  /** The first ones, and one error that stands for the others. Empty if nothing is wrong. */
  get errors(): readonly GraphQLError[] {
    const more = this.count - this.listed.length;
    if (more === 0) return this.listed;
    const rest = new DomainError('BAD_USER_INPUT', `There are ${more} more errors in the variables.`);
    return [...this.listed, asGraphQLError(rest)];
  }
}

/** A client's text as an error may repeat it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted)}…`);
}

/** `input.events[3].type` */
function pathOf({ around, key }: Place): string {
  if (around === null) return String(key);
  return typeof key === 'number' ? `${pathOf(around)}[${key}]` : `${pathOf(around)}.${key}`;
}
