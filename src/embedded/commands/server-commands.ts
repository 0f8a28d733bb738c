import type { Command } from './command';
import * as diagnostics from './diagnostics';
import { hello } from './hello';
import { endSessions, killSessions, startSession } from './sessions';

/** What clients ask the server about itself, and about sessions. */
export const serverCommands: readonly (readonly [name: string, command: Command])[] = [
  ['hello', hello],
  ['isMaster', hello],
  ['ismaster', hello],
  ['ping', diagnostics.ping],
  ['buildInfo', diagnostics.buildInfo],
  ['buildinfo', diagnostics.buildInfo],
  ['hostInfo', diagnostics.hostInfo],
  ['serverStatus', diagnostics.serverStatus],
  ['getParameter', diagnostics.getParameter],
  ['getCmdLineOpts', diagnostics.getCmdLineOpts],
  ['getLog', diagnostics.getLog],
  ['connectionStatus', diagnostics.connectionStatus],
  ['whatsmyuri', diagnostics.whatsMyUri],
  ['getLastError', diagnostics.getLastError],
  ['getlasterror', diagnostics.getLastError],
  ['replSetGetStatus', diagnostics.replSetGetStatus],
  ['replSetGetConfig', diagnostics.replSetGetConfig],
  ['currentOp', diagnostics.currentOp],
  ['usersInfo', diagnostics.usersInfo],
  ['top', diagnostics.top],
  ['getFreeMonitoringStatus', diagnostics.getFreeMonitoringStatus],
  ['startSession', startSession],
  ['endSessions', endSessions],
  ['refreshSessions', endSessions],
  ['killSessions', killSessions],
];
