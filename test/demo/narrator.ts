import { isDeepStrictEqual } from 'node:util';

const colours = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };
type Colour = keyof typeof colours;

/** Tells the story on a terminal, or plainly into a pipe, and remembers every promise that was not kept. */
export class Narrator {
  private kept = 0;
  private readonly broken: string[] = [];
  private readonly width: number;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly coloured = out.isTTY && !process.env.NO_COLOR,
  ) {
    // A terminal that does not know its width says 0; a pipe says nothing.
    this.width = Math.min(out.columns || 110, 120);
  }

  title(text: string): void {
    this.line(`\n${this.paint('bold', text)}`);
  }

  chapter(number: number, text: string): void {
    this.line(`\n${this.paint('cyan', `${number}`)}  ${this.paint('bold', text)}`);
  }

  note(text: string): void {
    this.line(`   ${this.paint('dim', text)}`);
  }

  sent(operation: string, what: string): void {
    this.line(this.cut(`   → ${operation.padEnd(16)}`, what, 'blue'));
  }

  received(what: string): void {
    this.line(this.cut('   ← ', what, 'magenta'));
  }

  /** One promise of the service: kept where `actual` deeply equals `expected`. */
  promise(words: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) {
      this.kept += 1;
      this.line(`   ${this.paint('green', '✓')} ${words}`);
      return;
    }
    this.broken.push(words);
    this.line(`   ${this.paint('red', '✗')} ${words}`);
    this.line(`     expected ${JSON.stringify(expected)}`);
    this.line(`     but got  ${JSON.stringify(actual)}`);
  }

  /** Says how it went; true where every promise was kept. */
  finish(seconds: number): boolean {
    const sum = `${this.kept} promises kept, ${this.broken.length} broken, in ${seconds.toFixed(1)} s`;
    this.title(this.paint(this.broken.length === 0 ? 'green' : 'red', sum));
    for (const words of this.broken) this.line(`   ${this.paint('red', '✗')} ${words}`);
    return this.broken.length === 0;
  }

  private cut(lead: string, text: string, colour: Colour): string {
    const room = this.width - lead.length;
    const shown = [...text].length > room ? `${[...text].slice(0, room - 1).join('')}…` : text;
    return this.paint(colour, lead) + shown;
  }

  private paint(colour: Colour, text: string): string {
    return this.coloured ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
  }

  private line(text: string): void {
    this.out.write(`${text}\n`);
  }
}
