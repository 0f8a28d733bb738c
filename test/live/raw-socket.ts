import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

const patienceMs = 10_000;

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket that says what a test wants it to say, right or wrong. */
export class RawSocket {
  readonly messages: Message[] = [];
  private readonly closing: Promise<readonly [number, string]>;
  private look: () => void = () => undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()) as Message);
      this.look();
    });
    socket.on('error', () => undefined);
    this.closing = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve([code, reason.toString()])),
    );
    void this.closing.then(() => this.look());
  }

  static async open(
    url: string,
    protocol = 'graphql-transport-ws',
    options?: ClientOptions,
  ): Promise<RawSocket> {
    const raw = new RawSocket(new WebSocket(url.replace('http', 'ws'), protocol, options));
    await once(raw.socket, 'open');
    return raw;
  }

  /** One that has been acknowledged. */
  static async initialised(url: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.send({ type: 'connection_init' });
    await raw.next('connection_ack');
    return raw;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** The next message of this type, which is taken out. */
  async next(type: string, id?: string): Promise<Message> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const index = this.messages.findIndex(
        (message) => message.type === type && (id === undefined || message.id === id),
      );
      if (index >= 0) return this.messages.splice(index, 1)[0]!;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${type} came`);
      if (Date.now() > deadline)
        throw new Error(`${type} did not come; there is ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => {
        this.look = resolve;
        setTimeout(resolve, patienceMs).unref();
      });
    }
  }

  /** How the server closes it: code and reason. */
  closed(): Promise<readonly [number, string]> {
    return this.closing;
  }

  terminate(): void {
    this.socket.terminate();
  }
}
