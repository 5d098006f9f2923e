import type { ByteStream, CloseInfo } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';

/** One end of a connection that a test plays by hand, byte by byte. Text has one character a byte. */
export class WireEnd {
  readonly stream: ByteStream;
  #text = '';
  #ended: 'no' | 'end' | 'reset' = 'no';
  #closeInfo: CloseInfo | undefined;
  #isReading = false;
  #bytesSent = 0;
  #bytesReceived = 0;

  /** @param reads - Whether it reads from the start; if not, {@link startReading} does. */
  constructor(stream: ByteStream, reads = true) {
    this.stream = stream;
    void stream.closed.then((info) => {
      this.#closeInfo = info;
    });
    if (reads) this.startReading();
  }

  /** Received since the last {@link take}. */
  get text(): string {
    return this.#text;
  }

  /** How the other end has ended its direction. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#closeInfo?.reason === 'reset' ? 'reset' : this.#ended;
  }

  /** Bytes sent so far. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Reads from now on. */
  startReading(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#readAll();
  }

  /** Sends text or bytes, however slow the other end is. */
  send(data: string | Uint8Array): void {
    void this.offer(data);
  }

  /** Sends text or bytes. @returns What `write` of the stream gives: a promise if the other end is slow. */
  offer(data: string | Uint8Array): Promise<void> | undefined {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    this.#bytesSent += bytes.length;
    return this.stream.write([bytes]);
  }

  /** Ends the own direction. */
  end(): void {
    void this.stream.closeWrite();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.stream.destroy(new Error('the test resets'));
  }

  /** Waits until `pattern` has come, and gives everything up to there. */
  async receive(pattern: string): Promise<string> {
    const found = (): number => this.#text.indexOf(pattern);
    for (let turn = 0; turn < 200 && found() < 0 && this.#ended === 'no'; turn++) await settle(1);
    if (found() < 0) throw new Error(`expected ${JSON.stringify(pattern)} in ${JSON.stringify(this.#text)}`);
    const end = found() + pattern.length;
    const taken = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return taken;
  }

  /** Waits for a whole head. */
  receiveHead(): Promise<string> {
    return this.receive('\r\n\r\n');
  }

  /** Lets everything run that needs no time, and gives what came since the last time. */
  async take(): Promise<string> {
    await settle(12);
    const text = this.#text;
    this.#text = '';
    return text;
  }

  async #readAll(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        this.#bytesReceived += chunk.length;
        this.#text += Buffer.from(chunk).toString('latin1');
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }
}
