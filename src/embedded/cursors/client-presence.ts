import type { CommandRequest, ConnectionState } from '../commands/command';
import { Clock } from '../planner/execution';

const presences = new WeakMap<ConnectionState, { gone: boolean }>();

/** Tells, at any later time, whether the client has closed the connection. */
export function presenceOf(connection: ConnectionState): { readonly gone: boolean } {
  const known = presences.get(connection);
  if (known) return known;
  const presence = { gone: false };
  presences.set(connection, presence);
  connection.onClose(() => (presence.gone = true));
  return presence;
}

/** The clock of a command: it runs out at the deadline, and when nobody waits for the answer any more. */
export function clockOf(request: CommandRequest, deadline: number): Clock {
  const clock = new Clock(deadline);
  clock.client = presenceOf(request.connection);
  return clock;
}
