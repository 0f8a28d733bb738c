import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import { Double, Int32, Long } from 'bson';
import { MongoError } from '../language/errors';
import { type CommandRequest, type Reply, replyOf } from './command';
import { SET_NAME } from './hello';
import { MAX_DOCUMENT_BYTES } from './limits';

/** The version whose behaviour and wire protocol this engine has: clients choose what they send by it. */
const VERSION = '4.4.6';
const PARAMETERS: Reply = replyOf({
  featureCompatibilityVersion: replyOf({ version: '4.4' }),
  authenticationMechanisms: [],
});

export function ping(): Reply {
  return new Map();
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
  if (body.get('getParameter') === '*') return new Map(PARAMETERS);
  const found: Reply = new Map([...PARAMETERS].filter(([name]) => body.has(name)));
  if (found.size === 0) throw new MongoError(72, 'no option found to get');
  return found;
}

export function getCmdLineOpts(): Reply {
  return replyOf({ argv: ['mongod'], parsed: replyOf({}) });
}

export function getLog({ body }: CommandRequest): Reply {
  const name = body.get('getLog');
  if (name === '*') return replyOf({ names: ['global', 'startupWarnings'] });
  if (name !== 'global' && name !== 'startupWarnings')
    throw new MongoError(96, `no RamLog named: ${String(name)}`);
  return replyOf({ totalLinesWritten: new Int32(0), log: [] });
}

export function connectionStatus({ body }: CommandRequest): Reply {
  const authInfo = replyOf({ authenticatedUsers: [], authenticatedUserRoles: [] });
  if (body.get('showPrivileges') === true) authInfo.set('authenticatedUserPrivileges', []);
  return replyOf({ authInfo });
}

export function whatsMyUri({ connection }: CommandRequest): Reply {
  return replyOf({ you: `connection-${connection.id}` });
}

/** What there is to say when no write of this connection was unacknowledged; each write answers for itself. */
export function getLastError(): Reply {
  return replyOf({ n: new Int32(0), writeConcern: replyOf({ w: new Int32(1), wtimeout: new Int32(0) }) });
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

export function top(): Reply {
  return replyOf({ totals: replyOf({ note: 'all times in microseconds' }) });
}

/** Nothing runs long enough to be worth a look: what waits, waits for a disk or a transaction. */
export function currentOp(): Reply {
  return replyOf({ inprog: [] });
}

/** There are no users: who may open the socket or the loopback port may do everything. */
export function usersInfo(): Reply {
  return replyOf({ users: [] });
}

export function getFreeMonitoringStatus(): Reply {
  return replyOf({ state: 'disabled' });
}

function megabytes(bytes: number): Int32 {
  return new Int32(Math.floor(bytes / 1024 / 1024));
}
