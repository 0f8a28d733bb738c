const blocks = 30;

/** A progress bar in a terminal; in a log, a new line for every tenth. */
export class ProgressBar {
  private readonly started = performance.now();
  private lastTold = -Infinity;

  constructor(
    private readonly total: number,
    private readonly out: NodeJS.WriteStream,
  ) {}

  show(done: number, words: string): void {
    const part = this.total === 0 ? 1 : done / this.total;
    const seconds = (performance.now() - this.started) / 1000;
    const step = this.out.isTTY ? 0.001 : 0.1;
    if (part < 1 && part - this.lastTold < step) return;
    this.lastTold = part;
    const left = part > 0 ? Math.ceil(seconds / part - seconds) : 0;
    const filled = Math.round(part * blocks);
    const bar = '█'.repeat(filled) + '░'.repeat(blocks - filled);
    const text = `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${words}  ${left} s left`;
    this.out.write(this.out.isTTY ? `\r\u001b[2K${text}${part >= 1 ? '\n' : ''}` : `${text}\n`);
  }
}
