import type { ByteStream } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';
import type { FrameLines } from './h2-script.ts';
import { FrameLinesReader, framesOf, PREFACE, SETTINGS_ACK, settingsFrame } from './h2-script.ts';

/** The versions that are translated. */
export type Version = 'h1' | 'h2';

/** What is sent or seen: bytes of HTTP/1.1 with one character each, or frames of HTTP/2. */
export type Wire = string | FrameLines;

/** What a {@link ScriptedEnd} is. */
export interface ScriptedEndOptions {
  readonly version: Version;
  readonly side: 'client' | 'origin';
  /** Whether an origin of HTTP/2 takes extended CONNECT. Default true. */
  readonly takesConnect?: boolean;
  /** Whether it writes byte by byte. Default false. */
  readonly dribbles?: boolean;
}

/** One end of a connection, played by a script. It knows no rule but how frames are written. */
export class ScriptedEnd {
  readonly version: Version;
  readonly #stream: ByteStream;
  readonly #reader = new FrameLinesReader();
  readonly #dribbles: boolean;
  #text = '';
  #lines: string[] = [];
  #prefaceLeft: number;
  #readError: unknown;
  #ended: 'open' | 'ended' | 'reset' = 'open';

  constructor(stream: ByteStream, options: ScriptedEndOptions) {
    const { version, side, takesConnect = true, dribbles = false } = options;
    this.#stream = stream;
    this.version = version;
    this.#dribbles = dribbles;
    this.#prefaceLeft = version === 'h2' && side === 'origin' ? PREFACE.length : 0;
    void this.#read();
    if (version === 'h1') return;
    // SETTINGS_ENABLE_CONNECT_PROTOCOL, which only servers say. RFC 8441 section 3.
    const greeting = side === 'client' ? [PREFACE, settingsFrame()] : [settingsFrame([8, takesConnect ? 1 : 0])];
    this.#write(Buffer.concat([...greeting, SETTINGS_ACK]));
  }

  /** How the proxy has ended the connection. */
  get ended(): 'open' | 'ended' | 'reset' {
    return this.#ended;
  }

  send(wire: Wire): void {
    this.#write(typeof wire === 'string' ? Buffer.from(wire, 'latin1') : framesOf(wire));
  }

  /** Ends its own direction. */
  end(): void {
    void this.#stream.closeWrite();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.#stream.destroy(new Error('broken off by the script'));
  }

  /** What came since the last time. @throws Error if it is not even frames. */
  take(): Wire {
    if (this.#readError !== undefined) throw this.#readError;
    const taken = this.version === 'h1' ? withoutDrawnKey(this.#text) : this.#lines;
    this.#text = '';
    this.#lines = [];
    return taken;
  }

  /** Lets everything run that needs no time. */
  static async settle(): Promise<void> {
    await settle(16);
  }

  #write(bytes: Uint8Array): void {
    const pieceBytes = this.#dribbles ? Math.ceil(bytes.length / MAX_PIECES) : bytes.length;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = Uint8Array.from(bytes.subarray(at, at + pieceBytes));
      void this.#stream.write([piece])?.catch(() => {}); // the proxy may have closed
    }
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.#stream.read(); chunk !== undefined; chunk = await this.#stream.read()) {
        this.#take(chunk);
      }
      this.#ended = 'ended';
    } catch {
      this.#ended = 'reset';
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.version === 'h1') {
      this.#text += Buffer.from(chunk).toString('latin1');
      return;
    }
    const skipped = Math.min(this.#prefaceLeft, chunk.length);
    this.#prefaceLeft -= skipped;
    try {
      this.#lines.push(...this.#reader.read(chunk.subarray(skipped)));
    } catch (error) {
      this.#readError ??= error;
    }
  }
}

/** A key that the proxy has drawn, for a client which has none. The example of RFC 6455 comes from a client that has. */
function withoutDrawnKey(text: string): string {
  return text.replace(/(sec-websocket-key: )(?!dGhlIHNhbXBsZSBub25jZQ==)[A-Za-z0-9+/]{22}==(?=\r\n)/, '$1(drawn)');
}

/** Of long input, pieces are larger: where it is cut matters in heads. */
const MAX_PIECES = 1_500;
