import { DomainError } from '../../errors';
import { isLoopback } from '../../loopback';

/**
 * Refuses requests for unexpected host names. A page can point its own name to 127.0.0.1 (DNS rebinding); the browser then
 * treats this server as the page's origin, and only `Host` shows it.
 */
export class HostRule {
  private readonly allowed: ReadonlySet<string>;
  /** Hosts that passed before; a client always sends the same one. */
  private lastPassed: string | undefined;

  /** @param hosts allowed names besides those of this machine, without ports */
  constructor(hosts: readonly string[]) {
    this.allowed = new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** @throws FORBIDDEN that names the setting */
  check(host: string | undefined): void {
    if (host !== undefined && host === this.lastPassed) return;
    const name = nameOf(host);
    if (name !== null && (isLoopback(name) || name.endsWith('.localhost') || this.allowed.has(name))) {
      this.lastPassed = host;
      return;
    }
    throw new DomainError(
      'FORBIDDEN',
      'The Host of this request is not a name of this machine. ALLOWED_HOSTS lists other allowed names.',
    );
  }
}

/** Without its port. */
function nameOf(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/i.exec(host ?? '');
  return match ? match[1]!.toLowerCase().replace(/\.$/, '') : null;
}
