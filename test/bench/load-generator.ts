import { HttpConnection } from '../process/http-connection';
import { percentile, type Load, type Measured } from './measure';
import { openWorkload, type Workload } from './workloads';

// A process of its own, told over IPC what to send: it must not share a core's time with what it measures.
process.on('message', (load: Load) => {
  run(load).then(
    (measured) => process.send?.(measured),
    (error: unknown) => process.send?.({ fault: String(error) }),
  );
});

/** Every connection sends its next request when the answer to the last one is there. */
async function run(load: Load): Promise<Measured> {
  const workload = openWorkload(load.workload, load.parameters);
  const opening = Array.from({ length: load.connections }, () =>
    HttpConnection.open(load.url, load.credential),
  );
  const connections = await Promise.all(opening);
  const times: number[] = [];
  const began = performance.now();
  const until = began + load.seconds * 1000;
  const faults = await Promise.all(connections.map((one) => keepSending(one, workload, until, times)));
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(times).sort();
  return {
    requests: times.length,
    perSecond: times.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    fault: faults.find((fault) => fault !== null) ?? null,
  };
}

async function keepSending(
  connection: HttpConnection,
  workload: Workload,
  until: number,
  times: number[],
): Promise<string | null> {
  for (let sent = performance.now(); sent < until;) {
    const { status, body } = await connection.post(workload.next());
    const received = performance.now();
    times.push(received - sent);
    sent = received;
    if (status !== 200 || body.includes('"errors":') || !body.includes(workload.mark))
      return `${status} ${body.toString('utf8', 0, 300)}`;
  }
  return null;
}
