import type { BodySource, HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';

/** What a {@link ReplyBody} is made of. */
export interface ReplyBodyOptions {
  /** Gives the next message as bytes, or `undefined` when there are no more. */
  readonly next: () => Promise<Uint8Array | undefined>;
  /** What the trailers are after the last message, or after `next` has failed with `error`. Called once; must not throw. */
  readonly end: (failure: { readonly error: unknown } | undefined) => HttpHeaders;
  /** Called instead of `end` if nobody wants the rest. Must not throw. */
  readonly cancel: (reason: unknown) => void;
}

/** A body of messages that ends with a status, whatever happens: a failure becomes trailers, never a broken stream. */
export function replyBody(options: ReplyBodyOptions): HttpBody {
  let trailers: HttpHeaders | undefined;
  const source: BodySource = {
    async read() {
      try {
        const bytes = await options.next();
        if (bytes !== undefined) return bytes;
        trailers = options.end(undefined);
      } catch (error) {
        trailers = options.end({ error });
      }
      return undefined;
    },
    cancel: options.cancel,
  };
  return HttpBody.fromSource(source, { trailers: () => trailers });
}
