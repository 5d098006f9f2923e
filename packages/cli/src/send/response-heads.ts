import type { HttpResponse, InformationalResponse } from '@lamella/http';
import { responseLines } from './verbose.ts';

/** The heads that are printed in front of the response: those of all that led to it. */
export class ResponseHeads {
  #texts: string[] = [];
  #markedCount = 0;
  #version = '1.1';

  /** Hears which protocol is spoken from now on, by its name in ALPN. */
  speaks(protocol: string): void {
    this.#version = protocol === 'h2' ? '2' : '1.1';
  }

  add(response: HttpResponse | InformationalResponse): void {
    this.#texts.push(`${responseLines(response, this.#version).join('\r\n')}\r\n\r\n`);
  }

  /** A request begins. */
  mark(): void {
    this.#markedCount = this.#texts.length;
  }

  /** What came since the last mark gave way to another attempt. */
  rewind(): void {
    this.#texts.length = this.#markedCount;
  }

  /** Everything begins anew. */
  clear(): void {
    this.#texts = [];
  }

  /** `undefined` if there are none. */
  get bytes(): Uint8Array | undefined {
    return this.#texts.length === 0 ? undefined : Buffer.from(this.#texts.join(''), 'latin1');
  }
}
