import { Int32 } from 'bson';
import type { CommandRequest, Reply } from './command';
import { MAX_BATCH_SIZE, MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES } from './limits';

/** Drivers ask a replica set's name before they use transactions or retry writes. */
export const SET_NAME = 'embedded';
/** 9 is MongoDB 4.4, whose behaviour this engine has. */
const WIRE_VERSION = 9;

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
export function hello(request: CommandRequest): Reply {
  const { address, id } = request.connection;
  const reply: Reply = new Map();
  if (request.body.get('helloOk') === true) reply.set('helloOk', true);
  reply.set(request.name === 'hello' ? 'isWritablePrimary' : 'ismaster', true);
  return reply
    .set('secondary', false)
    .set('setName', SET_NAME)
    .set('setVersion', new Int32(1))
    .set('hosts', [address])
    .set('primary', address)
    .set('me', address)
    .set('maxBsonObjectSize', new Int32(MAX_DOCUMENT_BYTES))
    .set('maxMessageSizeBytes', new Int32(MAX_MESSAGE_BYTES))
    .set('maxWriteBatchSize', new Int32(MAX_BATCH_SIZE))
    .set('localTime', new Date())
    .set('logicalSessionTimeoutMinutes', new Int32(30))
    .set('connectionId', new Int32(id))
    .set('minWireVersion', new Int32(0))
    .set('maxWireVersion', new Int32(WIRE_VERSION))
    .set('readOnly', false);
}
