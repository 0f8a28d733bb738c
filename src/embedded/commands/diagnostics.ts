import { randomBytes } from 'node:crypto';
import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import { Binary, Double, Int32, Long } from 'bson';
import { MongoError } from '../language/errors';
import {
  CommandRequest,
  MAX_BATCH_SIZE,
  MAX_DOCUMENT_BYTES,
  MAX_MESSAGE_BYTES,
  Reply,
  replyOf,
} from './request';
import { currentOperation } from './statistics';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
export const VERSION = '4.4.6';
/** 9 is MongoDB 4.4. */
const WIRE_VERSION = 9;
/** Drivers ask a replica set's name before they use transactions or retry writes. */
const SET_NAME = 'embedded';

/** Who we are: the primary of a replica set of one. Also by the names that it had before, which old clients use. */
export function hello({ name, body, connection: { address, id } }: CommandRequest): Reply {
  const reply: Reply = new Map();
  if (body.get('helloOk') === true) reply.set('helloOk', true);
  return reply
    .set(name === 'hello' ? 'isWritablePrimary' : 'ismaster', true)
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

export function buildInfo(): Reply {
  return replyOf({
    version: VERSION,
    gitVersion: 'embedded engine',
    modules: [],
    versionArray: `${VERSION}.0`.split('.').map((part) => new Int32(Number(part))),
    storageEngines: ['lmdb'],
    bits: new Int32(64),
    debug: false,
    maxBsonObjectSize: new Int32(MAX_DOCUMENT_BYTES),
  });
}

export function hostInfo(): Reply {
  return replyOf({
    system: replyOf({
      currentTime: new Date(),
      hostname: hostname(),
      cpuAddrSize: new Int32(64),
      memSizeMB: megabytes(totalmem()),
      numCores: new Int32(cpus().length),
      cpuArch: arch(),
    }),
    os: replyOf({ type: osType(), name: osType(), version: release() }),
    extra: replyOf({}),
  });
}

export function serverStatus(): Reply {
  const uptime = process.uptime();
  return replyOf({
    host: hostname(),
    version: VERSION,
    process: 'mongod',
    pid: Long.fromNumber(process.pid),
    uptime: new Double(Math.floor(uptime)),
    uptimeMillis: Long.fromNumber(Math.floor(uptime * 1000)),
    localTime: new Date(),
    mem: replyOf({ bits: new Int32(64), resident: megabytes(process.memoryUsage.rss()), supported: true }),
    repl: replyOf({ setName: SET_NAME, ismaster: true, secondary: false }),
    storageEngine: replyOf({ name: 'lmdb', persistent: true, supportsSnapshotReadConcern: true }),
  });
}

export function getParameter({ body }: CommandRequest): Reply {
  const parameters: Reply = replyOf({
    featureCompatibilityVersion: replyOf({ version: '4.4' }),
    authenticationMechanisms: [],
  });
  if (body.get('getParameter') === '*') return parameters;
  const found: Reply = new Map([...parameters].filter(([name]) => body.has(name)));
  if (found.size === 0) throw new MongoError(72, 'no option found to get');
  return found;
}

export function getLog({ body }: CommandRequest): Reply {
  const name = body.get('getLog');
  if (name === '*') return replyOf({ names: ['global', 'startupWarnings'] });
  if (name === 'global' || name === 'startupWarnings')
    return replyOf({ totalLinesWritten: new Int32(0), log: [] });
  throw new MongoError(96, 'the logs are called global and startupWarnings');
}

/** There are no users: who may open the socket or the loopback port may do everything. */
export function connectionStatus({ body }: CommandRequest): Reply {
  const authInfo = replyOf({ authenticatedUsers: [], authenticatedUserRoles: [] });
  if (body.get('showPrivileges') === true) authInfo.set('authenticatedUserPrivileges', []);
  return replyOf({ authInfo });
}

export function replSetGetStatus({ connection }: CommandRequest): Reply {
  const self = { _id: new Int32(0), name: connection.address, health: new Double(1), state: new Int32(1) };
  return replyOf({
    set: SET_NAME,
    date: new Date(),
    myState: new Int32(1),
    term: Long.fromNumber(1),
    members: [replyOf({ ...self, stateStr: 'PRIMARY', self: true })],
  });
}

export function replSetGetConfig({ connection }: CommandRequest): Reply {
  const members = [replyOf({ _id: new Int32(0), host: connection.address })];
  return replyOf({ config: replyOf({ _id: SET_NAME, version: new Int32(1), members }) });
}

export function currentOp(request: CommandRequest): Reply {
  return replyOf({ inprog: [currentOperation(request)] });
}

/** Gives out a session id, as the shell asks for one. */
export function startSession(): Reply {
  const id = replyOf({ id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) });
  return replyOf({ id, timeoutMinutes: new Int32(30) });
}

function megabytes(bytes: number): Int32 {
  return new Int32(Math.floor(bytes / 1024 / 1024));
}
