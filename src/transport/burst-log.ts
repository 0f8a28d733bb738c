import type { Log } from '../log';

const pauseMs = 1_000;

/**
 * Logs warnings that can come by the thousand: the first at once, then at most one line a second with the number of
 * others. `worst` chooses the one that is shown.
 */
export class BurstLog<Details extends object> {
  private held: Details | null = null;
  private count = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly log: Log,
    private readonly message: string,
    private readonly worst: (one: Details, other: Details) => Details = (one) => one,
  ) {}

  warn(details: Details): void {
    if (this.timer === null) {
      this.log.warn(details, this.message);
      this.wait();
      return;
    }
    this.count += 1;
    this.held = this.held === null ? details : this.worst(this.held, details);
  }

  private wait(): void {
    this.timer = setTimeout(() => this.flush(), pauseMs).unref();
  }

  private flush(): void {
    this.timer = null;
    const { held, count } = this;
    if (held === null) return;
    this.held = null;
    this.count = 0;
    const more = count === 1 ? '' : `, and ${count - 1} more within a second`;
    this.log.warn({ ...held, count }, `${this.message}${more}`);
    this.wait();
  }
}
