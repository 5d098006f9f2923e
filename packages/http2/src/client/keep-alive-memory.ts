/**
 * How often each server wants to be asked for a sign of life at most, as far as it has said so.
 *
 * @remarks
 * Source: gRFC A8 and A18 of gRPC: a server that thinks it is asked too often ends the connection with ENHANCE_YOUR_CALM and the words
 * `too_many_pings`; a client then asks it half as often, for good.
 */
export class KeepAliveMemory {
  readonly #keepAliveMs: number;
  /** By server, in the order in which they have spoken. */
  readonly #learned = new Map<string, number>();

  /** @param keepAliveMs - For servers that have not said anything, in milliseconds. */
  constructor(keepAliveMs: number) {
    this.#keepAliveMs = keepAliveMs;
  }

  /** Silence after which a server is asked, in milliseconds. */
  keepAliveMs(server: string): number {
    return this.#learned.get(server) ?? this.#keepAliveMs;
  }

  /** A server was asked too often, on a connection that asked every `keepAliveMs`. */
  noteTooMany(server: string, keepAliveMs: number): void {
    // Several connections may hear of it, and only once it is twice as long.
    const nextMs = Math.max(this.keepAliveMs(server), Math.min(keepAliveMs * 2, MAX_KEEP_ALIVE_MS));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#learned.delete(server);
    this.#learned.set(server, nextMs);
    const [oldest] = this.#learned.keys();
    if (this.#learned.size > MAX_SERVERS && oldest !== undefined) this.#learned.delete(oldest);
  }
}

const MAX_SERVERS = 1_000;
/** Longer than any timer of Node.js can be would be no time at all. */
const MAX_KEEP_ALIVE_MS = 2 ** 31 - 1;
