import { GrpcMetadata } from '../messages/grpc-metadata.ts';

/** What a handler says beside its messages. */
export class GrpcAnswer {
  /** Sent before the first message; later changes are not seen by anybody. */
  readonly metadata: GrpcMetadata = new GrpcMetadata();
  /** Sent with the status, whatever it is. */
  readonly trailers: GrpcMetadata = new GrpcMetadata();
  /** Whether the messages that follow may be compressed. Turn it off for secrets beside what an attacker can choose. */
  compresses = true;
  #isSent = false;
  #listener: (() => void) | undefined;

  /** Sends the metadata now rather than with the first message. Matters to methods that give a stream only. */
  sendMetadata(): void {
    this.#isSent = true;
    this.#listener?.();
  }

  /** Resolves when the handler wants its metadata sent; for the server. */
  wanted(): Promise<void> {
    return this.#isSent
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#listener = resolve;
        });
  }
}
