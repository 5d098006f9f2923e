import type { HttpRequest } from '@lamella/http';
import type { Connection, RelayOptions, RelayOutcome, RelayReason } from '@lamella/net-core';
import { countBytes } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import type { WebSocketClose } from '../connection/web-socket-close.ts';
import { WebSocketDriver } from '../connection/web-socket-driver.ts';
import type { FullWebSocketOptions } from '../connection/web-socket-options.ts';
import { webSocketSettings } from '../connection/web-socket-settings.ts';
import { WebSocketClosedError, WebSocketProtocolError } from '../errors.ts';
import { PING } from '../framing/frame-writer.ts';
import type { InspectWebSocket, RelayedMessage } from './web-socket-inspection.ts';

/** What a {@link MessageRelay} runs by. */
export interface MessageRelayOptions {
  readonly full: FullWebSocketOptions;
  readonly how: RelayOptions;
  readonly inspect: InspectWebSocket;
  readonly request: HttpRequest;
}

/** One WebSocket passed on message by message: a server's end downstream, a client's end upstream. */
export class MessageRelay {
  readonly #options: MessageRelayOptions;
  readonly #downstream: WebSocketDriver;
  readonly #upstream: WebSocketDriver;
  readonly #startedMs: number;
  readonly #bytesUp: () => number;
  readonly #bytesDown: () => number;
  #firstByteMs: number | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(downstream: Connection, upstream: Connection, options: MessageRelayOptions) {
    this.#options = options;
    const { full, how } = options;
    this.#startedMs = full.clock.nowMs();
    const common = { protocol: '', deflate: undefined };
    const server = webSocketSettings('server', { ...full, lifecycle: how.lifecycle });
    const client = webSocketSettings('client', full);
    const down = countBytes(downstream.stream);
    const up = countBytes(upstream.stream);
    this.#bytesUp = () => down.counts.bytesIn;
    this.#bytesDown = () => up.counts.bytesIn;
    this.#downstream = new WebSocketDriver(downstream.withStream(down.stream), server, {
      ...common,
      onControl: (opcode, payload) => pass(this.#upstream, opcode, payload),
    });
    this.#upstream = new WebSocketDriver(upstream.withStream(up.stream), client, {
      ...common,
      onControl: (opcode, payload) => pass(this.#downstream, opcode, payload),
    });
  }

  /** Resolves when both ends have ended; never rejects. */
  async run(): Promise<RelayOutcome> {
    const listener = this.#options.how.scope?.onAbort((reason) => {
      this.#downstream.destroy(reason);
      this.#upstream.destroy(reason);
    });
    await Promise.all([
      this.#pump('up', this.#downstream, this.#upstream),
      this.#pump('down', this.#upstream, this.#downstream),
    ]);
    const [downstream, upstream] = await Promise.all([this.#downstream.closed, this.#upstream.closed]);
    listener?.close();
    return {
      ...this.#outcomeOf(downstream, upstream),
      bytesUp: this.#bytesUp(),
      bytesDown: this.#bytesDown(),
      ageMs: this.#options.full.clock.nowMs() - this.#startedMs,
      firstByteMs: this.#firstByteMs,
    };
  }

  /** Passes messages on until `from` has ended, then ends `to` in the same way. */
  async #pump(direction: 'up' | 'down', from: WebSocketDriver, to: WebSocketDriver): Promise<void> {
    const { request, full } = this.#options;
    try {
      for (let data = await from.receive(); data !== undefined; data = await from.receive()) {
        if (direction === 'down') this.#firstByteMs ??= full.clock.nowMs() - this.#startedMs;
        await this.#passOn({ direction, data, request }, to);
      }
    } catch {
      // An end of one of the two that was no good one: its `closed` tells, and `passEnd` here or in the other direction acts on it.
    }
    await passEnd(from, to);
  }

  /** Rejects if `to` is gone; a message is passed on only as the inspection says. */
  async #passOn(message: RelayedMessage, to: WebSocketDriver): Promise<void> {
    let wait: Promise<void> | undefined;
    try {
      const verdict = await this.#options.inspect(message);
      if (verdict === 'pass') wait = to.send(message.data);
      else if (verdict === 'drop') return;
      else if ('close' in verdict) this.#closeBoth(verdict.close.code, verdict.close.reason);
      else wait = to.send(verdict.data);
    } catch (error) {
      this.#failure ??= { error };
      this.#closeBoth(1011, 'the inspection failed');
    }
    await wait;
  }

  #closeBoth(code: number, reason?: string): void {
    void this.#downstream.close(code, reason);
    void this.#upstream.close(code, reason);
  }

  #outcomeOf(
    downstream: WebSocketClose,
    upstream: WebSocketClose,
  ): { readonly reason: RelayReason; readonly error?: unknown } {
    if (this.#failure !== undefined) return { reason: 'aborted', ...this.#failure };
    for (const [reason, close] of [
      ['downstream-failed', downstream],
      ['upstream-failed', upstream],
    ] as const) {
      const { error = new WebSocketClosedError('a side left without a close frame', { close }) } = close;
      if (error instanceof TimeoutError && error.limit === 'idleTimeoutMs') return { reason: 'idle-timeout', error };
      if (close.wasClean) continue;
      if (close.initiator === 'remote' || error instanceof WebSocketProtocolError) return { reason, error };
    }
    const error = downstream.error ?? upstream.error;
    return error === undefined ? { reason: 'eof' } : { reason: 'aborted', error };
  }
}

/** Ends `to` as `from` has ended, or is ending: by the same close frame, or without one. */
async function passEnd(from: WebSocketDriver, to: WebSocketDriver): Promise<void> {
  const frame = from.firstClose;
  if (frame !== undefined) to.passClose(frame);
  else {
    const { error } = await from.closed;
    to.destroy(error);
  }
}

function pass(to: WebSocketDriver, opcode: number, payload: Uint8Array): void {
  if (opcode === PING) void to.ping(payload);
  else void to.pong(payload);
}
