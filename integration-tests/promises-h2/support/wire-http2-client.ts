import { RawFrameReader, rawFrame } from '@lamella/http2/testing';
import type { ByteStream } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';
import type { FrameLines } from './h2-script.ts';
import { FrameLinesReader, framesOf, PREFACE, SETTINGS_ACK, settingsFrame } from './h2-script.ts';

/** A client that speaks HTTP/2 frame by frame, and sees how its connection ends. */
export class WireHttp2Client {
  readonly stream: ByteStream;
  readonly #reader = new FrameLinesReader();
  readonly #answersPings: boolean;
  readonly #frames = new RawFrameReader();
  #lines: string[] = [];
  #ended: 'no' | 'end' | 'reset' = 'no';

  /** @param options - `greets`: whether it says hello at once. `answersPings`: what every client has to do. Default true, both. */
  constructor(stream: ByteStream, options: { readonly greets?: boolean; readonly answersPings?: boolean } = {}) {
    const { greets = true, answersPings = true } = options;
    this.stream = stream;
    this.#answersPings = answersPings;
    if (greets) this.#write(Buffer.concat([PREFACE, settingsFrame(), SETTINGS_ACK]));
    void this.#read();
  }

  /** How the other side has ended its direction. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** All frames so far, as lines; those that keep the connection going are left out. */
  get lines(): FrameLines {
    return this.#lines;
  }

  /** Content of one stream so far. */
  contentOf(streamId: number): string {
    const start = streamId === 1 ? 'DATA ' : `${streamId} DATA `;
    const contents = this.#lines.filter((line) => line.startsWith(start)).map((line) => line.replace(/ END$/, ''));
    return contents.map((line) => JSON.parse(line.slice(start.length)) as string).join(''); // it was written as JSON
  }

  /** Sends frames, and lets them arrive. */
  async send(...lines: FrameLines): Promise<void> {
    this.#write(framesOf(lines));
    await settle(8);
  }

  /** Sends bytes, whatever they are, and lets them arrive. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    this.#write(bytes);
    await settle(8);
  }

  #write(bytes: Uint8Array): void {
    void this.stream.write([bytes])?.catch(() => {}); // the server may have closed
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        this.#lines.push(...this.#reader.read(chunk));
        if (this.#answersPings) this.#answer(chunk);
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }

  #answer(chunk: Uint8Array): void {
    for (const { type, flags, payload } of this.#frames.read(chunk)) {
      if (type === PING && flags === 0) this.#write(rawFrame(PING, ACK, 0, payload));
    }
  }
}

const PING = 6;
const ACK = 1;

/** The HEADERS of a request that is complete with them. */
export function ask(
  path: string,
  {
    streamId = 1,
    method = 'GET',
    authority = 'edge.test',
  }: { readonly streamId?: number; readonly method?: string; readonly authority?: string } = {},
): string[] {
  const number = streamId === 1 ? '' : `${streamId} `;
  return [`${number}HEADERS END`, `:method: ${method}`, ':scheme: http', `:authority: ${authority}`, `:path: ${path}`];
}
