import type { BodySource, HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';

/** How {@link changedBody} changes a body. What throws makes the new body fail, and the old one cancelled. */
export interface BodyChange {
  /** Changes bytes as they come; what it gives may be empty. */
  push(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Gives the last bytes, when the body has ended. Default: none. */
  end?(trailers: HttpHeaders | undefined): Uint8Array | Promise<Uint8Array>;
  /** Gives the last bytes of a body that has failed, or throws what the new one fails with. Default: the same error. */
  fail?(error: unknown): Uint8Array;
  /** Trailers of the new body; asked after its end. Default: none. */
  trailers?(): HttpHeaders | undefined;
}

/** A body whose bytes are those of another, changed on the way. Nothing is read ahead. */
export function changedBody(body: HttpBody, change: BodyChange): HttpBody {
  let isOver = false;
  const step = async (): Promise<Uint8Array> => {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await body.read();
    } catch (error) {
      isOver = true;
      if (change.fail === undefined) throw error;
      return change.fail(error);
    }
    if (bytes !== undefined) return change.push(bytes);
    isOver = true;
    return change.end?.(body.trailers) ?? NOTHING;
  };
  const source: BodySource = {
    async read() {
      try {
        while (!isOver) {
          const bytes = await step();
          if (bytes.length > 0) return bytes;
        }
        return undefined;
      } catch (error) {
        body.cancel(error);
        throw error;
      }
    },
    cancel: (reason) => body.cancel(reason),
    onOver: (listener) => body.onOver(listener),
    get trailers() {
      return change.trailers?.();
    },
  };
  return HttpBody.fromSource(source);
}

const NOTHING = new Uint8Array(0);
