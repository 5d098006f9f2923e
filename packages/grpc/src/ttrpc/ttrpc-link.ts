import type { ByteStream } from '@lamella/net-core';
import { ByteCursor } from '@lamella/net-core';
import type { TtrpcFrame } from '../codec/ttrpc/ttrpc-frame.ts';
import { encodeTtrpcHeader, TtrpcFrameDecoder } from '../codec/ttrpc/ttrpc-frame.ts';

/** What a {@link TtrpcLink} is made of. */
export interface TtrpcLinkOptions {
  readonly stream: ByteStream;
  /** Longest data of a frame, in bytes. */
  readonly maxMessageBytes: number;
  /** Most bytes of messages that wait to be taken, over all calls: nothing is read as long as there are more. */
  readonly maxBufferedBytes: number;
  /** Takes a frame. The next one comes when the promise resolves. Must not reject. */
  readonly onFrame: (frame: TtrpcFrame) => Promise<void> | undefined;
}

/** Frames of ttRPC on a byte stream, both ways: what servers and clients have in common. */
export class TtrpcLink {
  readonly #options: TtrpcLinkOptions;
  readonly #decoder: TtrpcFrameDecoder;
  #buffered = 0;
  #isClosed = false;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: TtrpcLinkOptions) {
    this.#options = options;
    this.#decoder = new TtrpcFrameDecoder(options.maxMessageBytes);
  }

  /** Reads frames until the other side ends. @throws StreamError if the stream breaks, TtrpcProtocolError. */
  async run(): Promise<void> {
    const { stream, onFrame } = this.#options;
    // Who waits for room must hear that nobody is there any more.
    void stream.closed.then(() => {
      this.#isClosed = true;
      this.#room?.resolve();
    });
    for (;;) {
      const chunk = await stream.read();
      if (chunk === undefined) return;
      const input = new ByteCursor(chunk);
      for (let frame = this.#decoder.decode(input); frame !== undefined; frame = this.#decoder.decode(input)) {
        const wait = onFrame(frame);
        if (wait !== undefined) await wait;
        if (this.#buffered > this.#options.maxBufferedBytes && !this.#isClosed) await this.#hasRoom();
      }
    }
  }

  /** Sends a frame. @returns What to wait for before sending more; ignoring it is safe. */
  send(streamId: number, type: number, flags: number, data: Uint8Array): Promise<void> | undefined {
    const header = encodeTtrpcHeader(streamId, type, flags, data.length);
    return this.#options.stream.write(data.length === 0 ? [header] : [header, data]);
  }

  /** Messages wait, or do not any more. */
  hold(bytes: number): void {
    this.#buffered += bytes;
    if (this.#room === undefined || this.#buffered > this.#options.maxBufferedBytes) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #hasRoom(): Promise<void> {
    this.#room = Promise.withResolvers();
    return this.#room.promise;
  }
}
