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
    HOUR: { description: 'One hour. When clocks go back, the repeated hour is separate.' },
    DAY: { description: 'From midnight to midnight: 23 or 25 hours when clocks change.' },
    WEEK: { description: 'From Monday to Monday.' },
    MONTH: { description: 'A calendar month.' },
  },
});

@InputType('SessionGrouping', {
  description: 'The fields to group sessions by.',
})
export class SessionGrouping {
  @Field(() => CalendarUnit, { nullable: true, description: 'By when they started.' })
  readonly startedAt?: CalendarUnit | null;

  @Field(() => Boolean, { defaultValue: false, description: 'By status.' })
  readonly status!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'By language.' })
  readonly language!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'By end reason.' })
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

/** The grouping that the argument asks for, or null. */
export function groupingOf(input: SessionGrouping | null | undefined): GroupingInput | null {
  return input ? { ...input, startedAt: input.startedAt ? units[input.startedAt] : null } : null;
}
