import type { Connection } from '@lamella/net-core';

/** A server of HTTP/2, spoken by hand, that answers requests in part, and then resets their streams, or goes on with what is forbidden. */
export class ResettingOrigin {
  readonly #connection: Connection;
  readonly #behind: 'head' | 'messages' | 'end';
  readonly #code: number | 'broken' | 'endless';

  /**
   * @param behind - What it sends before the reset: `'head'` stands for nothing at all.
   * @param code - That of the reset; or fields that nobody may send, or more than anybody takes.
   */
  constructor(connection: Connection, behind: 'head' | 'messages' | 'end', code: number | 'broken' | 'endless') {
    this.#connection = connection;
    this.#behind = behind;
    this.#code = code;
  }

  async run(): Promise<void> {
    this.#send(SETTINGS, 0, 0, []);
    let received: Buffer = Buffer.alloc(0);
    let at = PREFACE_LENGTH;
    try {
      for (let chunk = await this.#read(); chunk !== undefined; chunk = await this.#read()) {
        received = Buffer.concat([received, chunk]);
        for (; received.length >= at + 9; at += 9 + received.readUIntBE(at, 3)) {
          if (received[at + 3] === HEADERS) this.#answer(received.readUInt32BE(at + 5));
        }
      }
    } catch {
      // The client has broken the connection off, as clients do at the end of a test.
    }
    this.#connection.stream.destroy();
  }

  #read(): Promise<Uint8Array | undefined> {
    return this.#connection.stream.read();
  }

  #answer(stream: number): void {
    if (this.#behind !== 'head') {
      this.#send(HEADERS, END_HEADERS, stream, [
        ...field(':status', '200'),
        ...field('content-type', 'application/grpc+json'),
      ]);
      this.#send(DATA, 0, stream, [0, 0, 0, 0, 3, ...Buffer.from('"a"')]);
    }
    if (this.#behind === 'end') this.#send(HEADERS, END_HEADERS | END_STREAM, stream, field('grpc-status', '0'));
    // What was sent has arrived before the reset does: it is that which a client must not lose.
    setImmediate(() => this.#leave(stream));
  }

  #leave(stream: number): void {
    if (typeof this.#code === 'number') {
      this.#send(RST_STREAM, 0, stream, [0, 0, 0, this.#code]);
      return;
    }
    const head =
      this.#behind === 'head' ? [...field(':status', '200'), ...field('content-type', 'application/grpc+json')] : [];
    const count = this.#code === 'endless' ? 200 : 1;
    const fields = Array.from({ length: count }, () => field(this.#code === 'endless' ? 'x' : 'connection', 'close'));
    this.#send(HEADERS, END_HEADERS | END_STREAM, stream, [...head, ...field('grpc-status', '5'), ...fields.flat()]);
  }

  #send(type: number, flags: number, stream: number, payload: readonly number[]): void {
    const head = [0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream];
    this.#connection.stream.write([Uint8Array.from([...head, ...payload])]);
  }
}

/** A literal of HPACK without compression, name and value shorter than 127 bytes. RFC 7541 section 6.2.2. */
function field(name: string, value: string): number[] {
  return [0, name.length, ...Buffer.from(name, 'latin1'), value.length, ...Buffer.from(value, 'latin1')];
}

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];
const [END_STREAM, END_HEADERS] = [1, 4];
const PREFACE_LENGTH = 24;
