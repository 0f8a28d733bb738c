import { DomainError } from '../../errors';
import { isLoopback } from '../../loopback';

/**
 * Refuses requests that name another host than this server is meant to be reached by. A page can let its own name
 * point to 127.0.0.1 (DNS rebinding); the browser then takes this server for the page's own, and only `Host` shows it.
 */
export class HostRule {
  private readonly allowed: ReadonlySet<string>;
  /** A client sends the same one every time. */
  private lastPassed: string | undefined;

  /** @param hosts the names beside this machine's own, without ports */
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
      'The Host of this request is not a name of this machine. ALLOWED_HOSTS lists the names that are allowed besides.',
    );
  }
}

/** Without its port. */
function nameOf(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/i.exec(host ?? '');
  return match ? match[1]!.toLowerCase().replace(/\.$/, '') : null;
}
