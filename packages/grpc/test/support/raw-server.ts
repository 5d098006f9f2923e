import type { ByteStream } from '@lamella/net-core';

/** The server's end of an HTTP/2 connection, spoken by hand: what no engine would send can be sent by it. */
export class RawServer {
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Reads on, and throws away what comes, until the client has sent the head of a request. */
  async awaitRequest(): Promise<void> {
    let received = '';
    while (!received.includes('/test.v1.Echo/') && !received.includes(HEADERS_OF_FIRST_STREAM)) {
      const chunk = await this.#stream.read();
      if (chunk === undefined) throw new Error('the client has left');
      received += Buffer.from(chunk).toString('latin1');
    }
  }

  /** Says which settings the server has: all as they are. */
  sendSettings(): void {
    this.#send(FRAME.settings, 0, 0, new Uint8Array(0));
  }

  /** Sends a field section on the first stream. */
  sendFields(fields: Readonly<Record<string, string>>, isEnd: boolean): void {
    const block = Object.entries(fields).flatMap(([name, value]) => [0, ...text(name), ...text(value)]);
    this.#send(FRAME.headers, FLAG.endHeaders | (isEnd ? FLAG.endStream : 0), 1, new Uint8Array(block));
  }

  /** Sends content on the first stream. */
  sendData(bytes: Uint8Array): void {
    this.#send(FRAME.data, 0, 1, bytes);
  }

  /** Resets the first stream. */
  reset(code: number): void {
    this.#send(FRAME.reset, 0, 1, new Uint8Array([0, 0, 0, code]));
  }

  #send(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const { length } = payload;
    const head = [length >> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, stream];
    this.#stream.write([Buffer.concat([new Uint8Array(head), payload])]);
  }
}

/** A literal of HPACK without compression, shorter than 127 bytes. RFC 7541 section 5.2. */
function text(value: string): number[] {
  return [value.length, ...Buffer.from(value, 'latin1')];
}

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4 };
const FLAG = { endStream: 1, endHeaders: 4 };
/** Type, END_HEADERS and stream number: the path itself may be compressed. */
const HEADERS_OF_FIRST_STREAM = '\u0001\u0004\u0000\u0000\u0000\u0001';
