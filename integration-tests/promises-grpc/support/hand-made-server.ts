import type { Connection } from '@lamella/net-core';

/** The server's end of a connection of HTTP/2, spoken by hand: it sends what no engine would. */
export class HandMadeServer {
  readonly #connection: Connection;
  /** Numbers of the streams that requests have come on. */
  readonly requests: number[] = [];
  /** Hears of each of them. */
  onRequest: (streamId: number) => void = () => {};
  #received: Buffer = Buffer.alloc(0);
  #isGreeted = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    void this.#read();
  }

  /** Says the settings of the server, all of them as they are. */
  greet(): void {
    this.send(SETTINGS, 0, []);
    this.send(SETTINGS, 0, [], ACK);
  }

  /** Answers a request with OK and one message of JSON. */
  answer(streamId: number, text: string): void {
    const json = Buffer.from(JSON.stringify(text));
    this.send(HEADERS, streamId, fields({ ':status': '200', 'content-type': 'application/grpc+json' }), END_HEADERS);
    this.send(DATA, streamId, [0, 0, 0, 0, json.length, ...json]);
    this.send(HEADERS, streamId, fields({ 'grpc-status': '0' }), END_HEADERS | END_STREAM);
  }

  /** Says that the connection ends. */
  goAway(lastStreamId: number, errorCode: number, words = ''): void {
    this.send(GOAWAY, 0, [0, 0, 0, lastStreamId, 0, 0, 0, errorCode, ...Buffer.from(words)]);
  }

  /** Ends the connection. */
  end(): void {
    void this.#connection.stream.closeWrite().catch(() => {});
  }

  send(type: number, streamId: number, payload: readonly number[], flags = 0): void {
    const head = [0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, streamId];
    this.#connection.stream.write([Uint8Array.from([...head, ...payload])]);
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) this.#take(chunk);
    } catch {
      // The client has broken the connection off: the test says whether it should.
    }
  }

  #next(): Promise<Uint8Array | undefined> {
    return this.#connection.stream.read();
  }

  #take(chunk: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (!this.#isGreeted && this.#received.length >= PREFACE_LENGTH) {
      this.#isGreeted = true;
      this.#received = this.#received.subarray(PREFACE_LENGTH);
    }
    while (this.#isGreeted && this.#received.length >= 9) {
      const length = this.#received.readUIntBE(0, 3);
      if (this.#received.length < 9 + length) return;
      const [type, streamId] = [this.#received[3], this.#received.readUInt32BE(5)];
      this.#received = this.#received.subarray(9 + length);
      if (type !== HEADERS) continue;
      this.requests.push(streamId);
      this.onRequest(streamId);
    }
  }
}

/** Literals of HPACK without compression, each shorter than 127 bytes. RFC 7541 section 6.2.2. */
function fields(values: Readonly<Record<string, string>>): number[] {
  return Object.entries(values).flatMap(([name, value]) => [0, ...literal(name), ...literal(value)]);
}

function literal(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')];
}

const [DATA, HEADERS, SETTINGS, GOAWAY] = [0x0, 0x1, 0x4, 0x7];
const [END_STREAM, ACK, END_HEADERS] = [0x1, 0x1, 0x4];
const PREFACE_LENGTH = 24;
