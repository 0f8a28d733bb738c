import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { clientGone, type GetSignal, withinTime } from '../../src/transport/request-time';

describe('the time of a request', () => {
  let server: Server;
  const outcomes: Promise<string>[] = [];

  /** Work that ends only by its signal. */
  const untilAborted = (signal: GetSignal) =>
    new Promise<string>((_resolve, reject) =>
      signal().addEventListener('abort', () => reject(signal().reason as Error)),
    );

  async function serve(limitMs: number, work: (signal: GetSignal) => Promise<string>): Promise<number> {
    server = createServer((_request, response) => {
      const outcome = withinTime(response, limitMs, work);
      outcomes.push(outcome);
      outcome.then(
        (text) => response.end(text),
        (error: Error) => response.end(error.message),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  afterEach(async () => {
    outcomes.length = 0;
    await new Promise((resolve) => server.close(resolve));
  });

  it('ends with its work', async () => {
    const port = await serve(1000, async () => 'done');

    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('done');
  });

  it('is bounded, also where the work does not listen', async () => {
    const port = await serve(50, () => new Promise(() => undefined));

    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toMatch(/^This took longer than 50 ms/);
    await expect(outcomes[0]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('is over when the client has gone away', async () => {
    const started = new Promise<void>((resolve) => {
      const work = (signal: GetSignal) => (resolve(), untilAborted(signal));
      void serve(10_000, work).then((port) => {
        const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
        void started.then(() => socket.destroy());
      });
    });
    await started;

    await expect(outcomes[0]).rejects.toBe(clientGone);
  });
});
