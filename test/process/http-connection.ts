import { connect, type Socket } from 'node:net';

/** What came back: the status and the whole body, undecoded. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that posts JSON and reads the answer: a client so light that a load generator made of it
 * is never what a bench measures. One request at a time. It reads what this project's servers send, `Content-Length`
 * bodies, and fails on anything else.
 */
export class HttpConnection {
  private received: Buffer = Buffer.alloc(0);
  private waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | null = null;
  private readonly head: string;

  private constructor(
    private readonly socket: Socket,
    url: URL,
    credential: string | undefined,
  ) {
    this.head =
      `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\n` +
      'Accept: application/json\r\nConnection: keep-alive\r\n' +
      `${credential === undefined ? '' : `Authorization: Bearer ${credential}\r\n`}Content-Length: `;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  /** Resolves when the connection stands; rejects when nobody listens. Each request carries the credential. */
  static open(url: string, credential?: string): Promise<HttpConnection> {
    const target = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.hostname, port: Number(target.port) });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket, target, credential));
      });
    });
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Posts one JSON body. Rejects when the connection is lost before the whole answer is there. */
  post(body: string): Promise<HttpAnswer> {
    if (this.waiting) return Promise.reject(new Error('one request at a time'));
    if (this.socket.destroyed) return Promise.reject(new Error('the server closed the connection'));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(`${this.head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(endOfHead);
    if (headEnd < 0) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.fail(new Error(`an answer without Content-Length: ${head}`));
    const bodyStart = headEnd + endOfHead.length;
    const bodyEnd = bodyStart + Number(length);
    if (this.received.length < bodyEnd) return;
    const answer = { status: Number(head.slice(9, 12)), body: this.received.subarray(bodyStart, bodyEnd) };
    this.received = this.received.subarray(bodyEnd);
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve(answer);
  }

  private fail(error: Error): void {
    const waiting = this.waiting;
    this.waiting = null;
    this.socket.destroy();
    waiting?.reject(error);
  }
}
