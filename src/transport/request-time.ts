import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { serviceUnavailable } from '../errors';

/** Why work is aborted whose answer nobody waits for any more. */
export const clientGone = serviceUnavailable('The client has gone away.');

/** Aborts when the time is up or the client has gone away. Made when first asked for: most requests never ask. */
export type GetSignal = () => AbortSignal;

/**
 * Runs `work` for at most `limitMs`, with a signal that aborts when that is over or the client has gone away, so that
 * what was started for nobody stops.
 * `work` may also be given up by its second argument, a function that takes the reason.
 * @throws SERVICE_UNAVAILABLE when the time is up, whatever `work` makes of it
 */
export function withinTime<T>(
  response: ServerResponse,
  limitMs: number,
  work: (signal: GetSignal, giveUp: (reason: Error) => void) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let controller: AbortController | undefined;
    let abortedFor: Error | undefined;
    const abort = (reason: Error): void => {
      abortedFor = reason;
      controller?.abort(reason);
    };
    const giveUp = (reason: Error): void => {
      abort(reason);
      reject(reason);
    };
    const timer = setTimeout(
      () => giveUp(serviceUnavailable(`This took longer than ${limitMs} ms. Ask for less, or try again.`)),
      limitMs,
    );
    response.on('close', () => {
      clearTimeout(timer);
      if (!response.writableFinished) abort(clientGone);
    });
    const getSignal = (): AbortSignal => {
      controller ??= newController();
      if (abortedFor) controller.abort(abortedFor);
      return controller.signal;
    };
    work(getSignal, giveUp).then(resolve, reject);
  });
}

/** Every command of an operation listens to its signal, and there may be many: that is no leak to be warned of. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
