import { data, headers, SETTINGS_ACK } from './frames.ts';

const HEAD = [':method', 'POST', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const MAX_PAYLOAD = 16_384;
const DEFAULT_WINDOW = 65_535;

/** A client that keeps to all rules, and uploads; what the server says reaches it late. It sees that as lines of a `FrameReader`. */
export class HonestClient {
  /** What it may send: of each stream that it believes to be open, by identifier. */
  readonly #windows = new Map<number, number>();
  #window = DEFAULT_WINDOW;
  #initialWindow = DEFAULT_WINDOW;
  #nextId = 1;

  /** Streams that it believes to be open. */
  get ids(): readonly number[] {
    return [...this.#windows.keys()];
  }

  /** Begins an upload. */
  open(): Uint8Array[] {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#windows.set(id, this.#initialWindow);
    return [headers(id, HEAD)];
  }

  /** Sends as much of that as it may. */
  send(id: number, byteCount: number, pad: number | undefined): Uint8Array[] {
    const window = this.#windows.get(id) ?? 0;
    const extra = pad === undefined ? 0 : pad + 1;
    const allowed = Math.min(byteCount, window - extra, this.#window - extra, MAX_PAYLOAD - extra);
    if (allowed < 0) return [];
    this.#windows.set(id, window - allowed - extra);
    this.#window -= allowed + extra;
    return [data(id, new Uint8Array(allowed), pad === undefined ? {} : { pad })];
  }

  /** Ends an upload. */
  end(id: number): Uint8Array[] {
    this.#windows.delete(id);
    return [data(id, '', { end: true })];
  }

  /** Hears of a frame of the server. */
  hear(line: string): Uint8Array[] {
    const [name = '', first = '', second = ''] = line.split(' ');
    const id = Number(first);
    if (name === 'RST_STREAM') this.#windows.delete(id);
    else if (name === 'WINDOW_UPDATE' && id === 0) this.#window += Number(second);
    else if (name === 'WINDOW_UPDATE') this.#widen(id, Number(second));
    else if (name === 'SETTINGS' && first !== 'ACK') {
      const size = Number(/ 4=(\d+)/.exec(line)?.[1] ?? this.#initialWindow);
      for (const each of this.#windows.keys()) this.#widen(each, size - this.#initialWindow);
      this.#initialWindow = size;
      return [SETTINGS_ACK];
    }
    return [];
  }

  #widen(id: number, change: number): void {
    const window = this.#windows.get(id);
    if (window !== undefined) this.#windows.set(id, window + change);
  }
}
