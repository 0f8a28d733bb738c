import type { Command } from './command';
import { serverCommands } from './server-commands';

/** Every command that the engine knows; any other is answered with CommandNotFound. */
export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([...serverCommands]);
