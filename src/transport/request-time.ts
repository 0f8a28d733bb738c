import type { ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** Why work is aborted whose answer nobody waits for any more. */
export const clientGone = serviceUnavailable('The client has gone away.');

/**
 * Runs `work` for at most `limitMs`. Its signal aborts when the time is up or the client has gone away, so that what
 * was started for nobody stops.
 * @throws SERVICE_UNAVAILABLE when the time is up, whatever `work` makes of it
 */
export function withinTime<T>(
  response: ServerResponse,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const timeIsUp = serviceUnavailable(`This took longer than ${limitMs} ms. Ask for less, or try again.`);
      controller.abort(timeIsUp);
      reject(timeIsUp);
    }, limitMs);
    const abandon = (): void => controller.abort(clientGone);
    response.once('close', abandon);
    void work(controller.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        response.off('close', abandon);
      });
  });
}
