import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', {
  simpleResolvers: true,
  description: 'Whether there are more pages, and the cursors to get them.',
})
export class PageInfo {
  @Field(() => Boolean, {
    description: 'Whether more rows follow the page. Exact with first; with last, whether before was given.',
  })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'Whether more rows precede the page. Exact with last; with first, whether after was given.',
  })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The first row's cursor; null for an empty page." })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The last row's cursor; null for an empty page." })
  readonly endCursor!: string | null;
}
