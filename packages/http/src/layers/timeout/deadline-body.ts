import type { Clock, TimeoutError } from '@lamella/service-core';
import { HttpBody } from '../../message/http-body.ts';
import { sameBodyOptions } from '../shared/watched-body.ts';

/**
 * Makes a body that must have been read by the end of a time that begins now; after that it fails.
 *
 * @param onElapsed - Makes the error that it fails with. Not called once the body has ended, failed or been cancelled.
 */
export function deadlineBody(body: HttpBody, timeoutMs: number, clock: Clock, onElapsed: () => TimeoutError): HttpBody {
  let failure: TimeoutError | undefined;
  const timer = clock.startTimer(timeoutMs, () => {
    failure = onElapsed();
    body.cancel(failure); // a read under way fails with it
  });
  const source = {
    async read() {
      if (failure !== undefined) throw failure;
      try {
        const chunk = await body.read();
        if (chunk === undefined) timer.cancel();
        return chunk;
      } catch (error) {
        timer.cancel();
        throw error;
      }
    },
    cancel(reason: unknown) {
      timer.cancel();
      body.cancel(reason);
    },
    endEarly: (reason: unknown) => body.endEarly(reason),
    onOver: (listener: () => void) => body.onOver(listener),
    get trailers() {
      return body.trailers;
    },
  };
  return HttpBody.fromSource(source, sameBodyOptions(body));
}
