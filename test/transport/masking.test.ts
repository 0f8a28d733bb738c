import { GraphQLError } from 'graphql';
import { DomainError } from '../../src/errors';
import { createErrorMask, noteRequest } from '../../src/transport/mask-errors';
import { describeError } from '../../src/transport/create-log';
import { CapturedLog } from '../support/captured-log';

const path = ['session', 'events', 0];

function masked(thrown: Error, code = 'INTERNAL_SERVER_ERROR') {
  const log = new CapturedLog();
  const error = new GraphQLError(thrown.message, { originalError: thrown, path });
  noteRequest([error], 'r-1');
  const formatted = createErrorMask(log)({ message: thrown.message, path, extensions: { code } }, error);
  return { formatted, log };
}

describe('what a client sees of an error', () => {
  it('of the table is its code, its words and whether to try again', () => {
    const { formatted, log } = masked(
      new DomainError('SESSION_COMPLETED', 'It has ended.', { endedAt: 'then' }),
    );

    expect(formatted).toEqual({
      message: 'It has ended.',
      path,
      extensions: { code: 'SESSION_COMPLETED', retryable: false, endedAt: 'then' },
    });
    expect(log.all()).toEqual([]);
  });

  it('of ours is an id that stands in the log, where the error is', () => {
    const fault = new Error('E11000 { password: "secret" }');
    const { formatted, log } = masked(fault);
    const [line] = log.takeErrors();

    expect(JSON.stringify(formatted)).not.toContain('secret');
    expect(formatted.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      retryable: false,
      errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(line?.details).toEqual({
      errorId: formatted.extensions?.errorId,
      requestId: 'r-1',
      path,
      err: fault,
    });
  });

  it('of Apollo stays as it is', () => {
    const formatted = { message: 'no', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } };

    expect(createErrorMask(new CapturedLog())(formatted, new GraphQLError('no'))).toEqual(formatted);
  });
});

describe('what the log says of an error', () => {
  it('is what and where, with its causes, and never the data that hangs on it', () => {
    const cause = Object.assign(new Error('write failed'), { op: { payload: 'secret' }, code: 11000 });
    const described = describeError(
      Object.assign(new TypeError('broken', { cause }), { document: 'secret' }),
    );

    expect(described).toMatchObject({
      type: 'TypeError',
      message: 'broken',
      stack: expect.stringContaining('masking.test'),
      cause: { type: 'Error', message: 'write failed', code: 11000 },
    });
    expect(JSON.stringify(described)).not.toContain('secret');
  });
});
