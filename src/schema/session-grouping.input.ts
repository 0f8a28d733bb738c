import { Field, InputType, registerEnumType } from 'type-graphql';
import type { GroupingInput } from '../service/session-statistics';
import type { CalendarUnit as StoredUnit } from '../store/calendar';

export enum CalendarUnit {
  HOUR = 'HOUR',
  DAY = 'DAY',
  WEEK = 'WEEK',
  MONTH = 'MONTH',
}

registerEnumType(CalendarUnit, {
  name: 'CalendarUnit',
  description: 'A span of the calendar of the time zone; weeks begin on Monday.',
  valuesConfig: {
    HOUR: { description: 'From full hour to full hour; one that comes twice, when clocks go back, is two.' },
    DAY: { description: 'From midnight to midnight: 23 or 25 hours where clocks change.' },
    WEEK: { description: 'From Monday to Monday.' },
    MONTH: { description: 'From the first day of a month to that of the next.' },
  },
});

@InputType('SessionGrouping', {
  description: 'What the sessions of a group have in common.',
})
export class SessionGrouping {
  @Field(() => CalendarUnit, { nullable: true, description: 'By when they started.' })
  readonly startedAt?: CalendarUnit | null;

  @Field(() => Boolean, { defaultValue: false, description: 'By the state that they are in.' })
  readonly status!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'By their language.' })
  readonly language!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'By why they ended.' })
  readonly endReason!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'By the value of this top-level key of the metadata.',
  })
  readonly metadataKey?: string | null;
}

const units: Readonly<Record<CalendarUnit, StoredUnit>> = {
  HOUR: 'hour',
  DAY: 'day',
  WEEK: 'week',
  MONTH: 'month',
};

/** The grouping that the argument asks for; null for none. */
export function groupingOf(input: SessionGrouping | null | undefined): GroupingInput | null {
  return input ? { ...input, startedAt: input.startedAt ? units[input.startedAt] : null } : null;
}
