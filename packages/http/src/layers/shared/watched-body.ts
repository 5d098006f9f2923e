import type { HttpBodyOptions } from '../../message/http-body.ts';
import { HttpBody } from '../../message/http-body.ts';

/** How a body ended: read to its end, broken off by its source, or given up by its reader. */
export type BodyOutcome = 'complete' | 'failed' | 'cancelled';

/** Hears of a body that somebody else reads. */
export interface BodyWatcher {
  /** Called for every chunk, before the reader gets it. May throw: then the body fails with that, and the rest is cancelled. */
  readonly onChunk?: (chunk: Uint8Array) => void;
  /** Called once; must not throw. `error` is what the body failed with, or was cancelled with. */
  readonly onEnd?: (outcome: BodyOutcome, error: unknown) => void;
}

/**
 * Makes a body that gives the same, and tells of it: same size, same trailers, nothing read ahead.
 *
 * @example
 * let byteCount = 0;
 * const body = watchedBody(HttpBody.from('hello'), { onChunk: (chunk) => void (byteCount += chunk.length) });
 * await body.text();
 * byteCount; // 5
 */
export function watchedBody(body: HttpBody, watcher: BodyWatcher): HttpBody {
  let isOver = false;
  const end = (outcome: BodyOutcome, error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    watcher.onEnd?.(outcome, error);
  };
  const source = {
    async read() {
      try {
        const chunk = await body.read();
        if (chunk === undefined) end('complete');
        else watcher.onChunk?.(chunk);
        return chunk;
      } catch (error) {
        end('failed', error);
        body.cancel(error);
        throw error;
      }
    },
    cancel(reason: unknown) {
      end('cancelled', reason);
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

/** A stated size stays; so does that there is none on the wire because trailers follow. */
export function sameBodyOptions(body: HttpBody): HttpBodyOptions {
  const { size } = body;
  if (size === undefined) return {};
  return body.sizeOnWire === undefined ? { size, trailers: () => body.trailers } : { size };
}
