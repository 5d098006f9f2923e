import { rawFrame } from '@lamella/http2/testing';
import { framesOf, settingsFrame } from './h2-script.ts';

/** Draws a whole number below the one that is given. */
type Random = (below: number) => number;

/**
 * Draws frames that a client may send, and some that none may, mostly for streams that it has opened: enough sense that servers go on with
 * it for a while.
 */
export class RandomFrames {
  readonly #random: Random;
  readonly #authority: string;
  #nextId = 1;

  constructor(random: Random, authority: string) {
    this.#random = random;
    this.#authority = authority;
  }

  /** The next frame. */
  next(): Uint8Array {
    const random = this.#random;
    if (this.#nextId === 1 || random(4) === 0) return this.#request();
    const id = random(40) === 0 ? random(20) : 1 + 2 * random((this.#nextId - 1) / 2);
    const of = id === 0 ? '' : `${id} `;
    switch (random(9)) {
      case 0:
      case 1:
      case 2: {
        const content = JSON.stringify('x'.repeat(this.#oneOf([0, 1, 3, 5, 2_000, 16_000])));
        return framesOf([`${of}DATA ${content}${random(3) === 0 ? ' END' : ''}`]);
      }
      case 3:
        return framesOf([`${of}RST_STREAM ${this.#oneOf(['CANCEL', 'NO_ERROR', 'INTERNAL_ERROR', 'REFUSED_STREAM'])}`]);
      case 4:
        return framesOf([`${of}HEADERS END`, 'x-sum: 1']);
      case 5:
        return rawFrame(WINDOW_UPDATE, 0, random(2) === 0 ? 0 : id, wordOf(1 + random(100_000)));
      case 6:
        return settingsFrame([INITIAL_WINDOW_SIZE, this.#oneOf([0, 1, 65_535, 1_000_000])]);
      case 7:
        return rawFrame(PING, 0, 0, new Uint8Array(8));
      default:
        // What breaks the rules ends most connections, so there is little of it.
        return random(20) === 0 ? this.#anything() : rawFrame(PING, 0, 0, new Uint8Array(8));
    }
  }

  #request(): Uint8Array {
    const random = this.#random;
    const id = this.#nextId;
    this.#nextId += 2;
    const method = this.#oneOf(['GET', 'POST', 'PUT', 'HEAD', 'CONNECT']);
    if (method === 'CONNECT') return framesOf([`${id} HEADERS`, ':method: CONNECT', ':authority: origin.test:80']);
    const path = this.#oneOf(['/', '/endless', '/read', '/wait', '/fail', '/echo', '/upgrade']);
    return framesOf([
      `${id} HEADERS${random(2) === 0 ? '' : ' END'}`,
      `:method: ${method}`,
      ':scheme: http',
      `:authority: ${this.#authority}`,
      `:path: ${path}`,
      ...(random(4) === 0 ? [`content-length: ${random(8)}`] : []),
      ...(random(6) === 0 ? ['expect: 100-continue'] : []),
      ...(random(12) === 0 ? ['connection: x'] : []),
    ]);
  }

  #anything(): Uint8Array {
    const random = this.#random;
    const payload = Buffer.from(Array.from({ length: random(12) }, () => random(256)));
    return rawFrame(random(12), random(256), random(10), payload);
  }

  #oneOf<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.#random(choices.length)] ?? choices[0];
  }
}

function wordOf(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const PING = 6;
const WINDOW_UPDATE = 8;
const INITIAL_WINDOW_SIZE = 4;
