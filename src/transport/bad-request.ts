/** A request that never became a GraphQL one, with the status and code that Apollo uses for its like. */
export class BadRequest extends Error {
  readonly statusCode: number;
  readonly code = 'BAD_REQUEST';

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}
