import { setImmediate as nextTurn } from 'node:timers/promises';
import { closeCodes, type WebSocketConnection } from './websocket-connection';

/** Takes the messages of one connection in the order in which they came, each checked as the body of a request is. */
export class MessageReader {
  /** The last message, while any waits to be checked. */
  private last: Promise<void> | null = null;

  /**
   * @param check as `ProtocolOptions.checkMessage`
   * @param pass takes a message that may be parsed; never rejects
   */
  constructor(
    private readonly connection: WebSocketConnection,
    private readonly check: (message: Buffer) => Promise<void> | null,
    private readonly pass: (message: string) => Promise<void>,
  ) {}

  read(message: Buffer): void {
    const checked = this.last === null ? this.check(message) : this.checkBehind(this.last, message);
    if (checked === null) return this.hand(message);
    const last = this.finish(message, checked);
    this.last = last;
    // What has arrived already queues up behind it, and no more than that.
    this.connection.pause();
    void last.then(() => {
      if (this.last !== last) return;
      this.last = null;
      this.connection.resume();
    });
  }

  private hand(message: Buffer): void {
    this.connection.messageBytes = message.length;
    void this.pass(message.toString());
  }

  private async checkBehind(last: Promise<void>, message: Buffer): Promise<void> {
    await last;
    // The library ends what a message ends in the turn after it, and the next message may name the same operation.
    await nextTurn();
    await this.check(message);
  }

  private async finish(message: Buffer, checked: Promise<void>): Promise<void> {
    try {
      await checked;
      if (this.connection.isOpen) this.hand(message);
    } catch (error) {
      this.connection.close(closeCodes.badRequest, (error as Error).message);
    }
  }
}
