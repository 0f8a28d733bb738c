/** A request that is not a GraphQL request, with the status and code that Apollo uses for such requests. */
export class BadRequest extends Error {
  readonly statusCode: number;
  readonly code = 'BAD_REQUEST';

  constructor(message: string, statusCode = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}
