/** Looks through the frames of a connection for GOAWAY, however they are cut. */
export class FrameWatch {
  #hasGoaway = false;
  #header = Buffer.alloc(0);
  #payloadLeft = 0;

  /** Whether the other side has said that it goes. */
  get hasGoaway(): boolean {
    return this.#hasGoaway;
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const skipped = Math.min(this.#payloadLeft, rest.length);
      this.#payloadLeft -= skipped;
      rest = rest.subarray(skipped);
      const missing = HEADER_BYTES - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length < HEADER_BYTES) return;
      if (this.#header[3] === GOAWAY) this.#hasGoaway = true;
      this.#payloadLeft = this.#header.readUIntBE(0, 3);
      this.#header = Buffer.alloc(0);
    }
  }
}

const HEADER_BYTES = 9;
const GOAWAY = 7;
