import type { ByteStream } from '@lamella/net-core';
import { text, utf8 } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';

/** A client that speaks byte by byte, and sees how its connection ends. */
export class WireClient {
  readonly stream: ByteStream;
  #received = '';
  #ended: 'no' | 'end' | 'reset' = 'no';

  constructor(stream: ByteStream) {
    this.stream = stream;
    void this.#read();
  }

  /** How the other side has ended its direction. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** All that has come so far. */
  get received(): string {
    return this.#received;
  }

  /** Writes text, and lets it arrive. */
  async send(bytes: string): Promise<void> {
    void this.stream.write([utf8(bytes)]);
    await settle(8);
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        this.#received += text(chunk);
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }
}
