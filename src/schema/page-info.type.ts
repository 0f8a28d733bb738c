import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', {
  simpleResolvers: true,
  description: 'What lies before and after a page, and the cursors to read on with.',
})
export class PageInfo {
  @Field(() => Boolean, {
    description:
      'Whether there is more after the page. Exact for first; for last, whether the page was asked for before a cursor.',
  })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether there is more before the page. Exact for last; for first, whether the page was asked for after a cursor.',
  })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The first row's cursor; null for an empty page." })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The last row's cursor; null for an empty page." })
  readonly endCursor!: string | null;
}
