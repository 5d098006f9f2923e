import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, failureSink, UsageError } from '@lamella/service-core';
import { UdpError } from './udp-error.ts';
import type { Datagram, UdpSocket } from './udp-socket.ts';

/** Options of {@link serveUdp}. */
export interface ServeUdpOptions {
  /** Where the socket takes part in draining: what is under way is answered, then it closes. Default: one of its own. */
  readonly lifecycle?: Lifecycle;
  /** Datagrams that are served at the same time, at least 1; more are dropped. Default 1_000. */
  readonly maxConcurrent?: number;
  /** Hears of every datagram whose service failed or whose answer was not sent. Default: `console.error`. */
  readonly onError?: (error: unknown, datagram: Datagram) => void;
}

/** What became of the datagrams of one {@link serveUdp}. */
export interface UdpServingGauges {
  /** Are being served. */
  readonly running: number;
  /** Were answered: the answer was handed to the system. */
  readonly answered: number;
  /** Were dropped, because `maxConcurrent` others were under way or draining had begun. */
  readonly dropped: number;
  /** Their service failed, or their answer was not sent. */
  readonly failed: number;
}

/** Resolves when the socket is closed; services may go on, the lifecycle knows of them. */
export interface UdpServing extends Promise<void> {
  /** What became of the datagrams, at any time. */
  readonly gauges: UdpServingGauges;
}

/**
 * Serves every datagram of a socket, each by itself, and sends what the service gives to whoever sent the datagram.
 *
 * @remarks
 * `undefined` sends nothing. A service that fails takes down nothing but its own datagram. Addresses of senders can be forged:
 * answers to the public internet should not be larger than what they answer.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const socket = await bindUdp({ port: 7 });
 * await serveUdp(socket, serviceFn(({ data }: Datagram) => data)); // until socket.close()
 */
export function serveUdp(
  socket: UdpSocket,
  service: Service<Datagram, Uint8Array | undefined>,
  options: ServeUdpOptions = {},
): UdpServing {
  const { lifecycle = createLifecycle(), maxConcurrent = 1_000 } = options;
  const onError = failureSink(options.onError, () => 'a datagram');
  if (!(maxConcurrent >= 1)) throw new UsageError(`maxConcurrent must be >= 1, got ${maxConcurrent}`);
  const server = new DatagramServer(socket, service, onError);
  return Object.assign(server.run(lifecycle, maxConcurrent), { gauges: server.gauges });
}

class DatagramServer {
  readonly gauges = { running: 0, answered: 0, dropped: 0, failed: 0 };
  readonly #socket: UdpSocket;
  readonly #service: Service<Datagram, Uint8Array | undefined>;
  readonly #onError: (error: unknown, datagram: Datagram) => void;
  #isDraining = false;

  constructor(
    socket: UdpSocket,
    service: Service<Datagram, Uint8Array | undefined>,
    onError: (error: unknown, datagram: Datagram) => void,
  ) {
    this.#socket = socket;
    this.#service = service;
    this.#onError = onError;
  }

  async run(lifecycle: Lifecycle, maxConcurrent: number): Promise<void> {
    const { gauges } = this;
    const closed = Promise.withResolvers<void>();
    const registration = lifecycle.register({
      protocol: 'udp',
      get isIdle() {
        return gauges.running === 0;
      },
      startDrain: () => {
        this.#isDraining = true;
        this.#closeIfDone();
      },
      drained: closed.promise,
      destroy: () => void this.#socket.close(),
    });
    try {
      for await (const datagram of this.#socket) {
        if (this.#isDraining || gauges.running >= maxConcurrent) {
          gauges.dropped += 1;
          continue;
        }
        gauges.running += 1;
        lifecycle.spawn('datagram', () => this.#serveOne(datagram));
      }
    } finally {
      await this.#socket.close();
      closed.resolve();
      registration[Symbol.dispose]();
    }
  }

  async #serveOne(datagram: Datagram): Promise<void> {
    try {
      const output = await this.#service.serve(datagram);
      if (output !== undefined) await this.#answer(output, datagram);
    } catch (error) {
      this.gauges.failed += 1;
      this.#onError(error, datagram);
    } finally {
      this.gauges.running -= 1;
      this.#closeIfDone();
    }
  }

  async #answer(output: Uint8Array, { from }: Datagram): Promise<void> {
    try {
      await (this.#socket.peer === undefined ? this.#socket.send(output, from) : this.#socket.send(output));
      this.gauges.answered += 1;
    } catch (error) {
      // Whoever closed the socket knows that answers under way are lost.
      if (!(error instanceof UdpError && error.code === 'LML_ERR_UDP_CLOSED')) throw error;
    }
  }

  #closeIfDone(): void {
    if (this.#isDraining && this.gauges.running === 0) void this.#socket.close();
  }
}
