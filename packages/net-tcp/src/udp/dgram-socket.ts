import type { RemoteInfo, Socket } from 'node:dgram';
import type { Address } from '@lamella/net-core';
import { formatAddress, socketAddress, trackResource } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { DatagramQueue } from './datagram-queue.ts';
import { closedError, toUdpError, UdpError } from './udp-error.ts';
import type { Datagram, UdpGauges, UdpSocket } from './udp-socket.ts';

/** A {@link UdpSocket} on a bound socket of Node. */
export class DgramSocket implements UdpSocket {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  readonly #maxDatagramBytes: number;
  readonly #queue: DatagramQueue;
  readonly #resource;
  /** Ends what waits for the system: Node calls nobody back once the socket is closed. */
  readonly #pending = new Set<(error: unknown) => void>();
  #peer: Address | undefined;
  /** What the peer's machine said of an earlier datagram, such as that nothing listens there. */
  #failure: unknown;
  #closed: Promise<void> | undefined;
  #received = 0;
  #dropped = 0;
  #sent = 0;

  constructor(socket: Socket, address: Address, family: 4 | 6, maxQueued: number, maxDatagramBytes: number) {
    this.#socket = socket;
    this.address = address;
    this.#family = family;
    this.#queue = new DatagramQueue(maxQueued);
    this.#maxDatagramBytes = maxDatagramBytes;
    this.#resource = trackResource('udp-socket', () => formatAddress(address));
    // Without a listener an error would end the process.
    socket.on('error', (error) => {
      if (this.#peer !== undefined) this.#failure = error;
    });
    socket.on('message', (data, from) => this.#receive(data, from));
  }

  get peer(): Address | undefined {
    return this.#peer;
  }

  get gauges(): UdpGauges {
    return { queued: this.#queue.size, received: this.#received, dropped: this.#dropped, sent: this.#sent };
  }

  async send(bytes: Uint8Array, to?: Address): Promise<void> {
    const peer = to ?? this.#peer;
    if (peer === undefined) throw new UsageError('a socket that is not connected needs an address to send to');
    if (to !== undefined && this.#peer !== undefined) {
      throw new UsageError('a connected socket sends to its peer alone: leave the address out');
    }
    const where = formatAddress(peer);
    if (bytes.byteLength > this.#maxDatagramBytes) {
      const message = `cannot send to ${where}: ${bytes.byteLength} bytes are more than ${this.#maxDatagramBytes}`;
      throw new UdpError('LML_ERR_UDP_TOO_LARGE', message, { facts: { layer: 'udp', phase: 'send', peer: where } });
    }
    const target = to && this.#targetOf(to);
    await this.#settled(where, (done) => {
      if (this.#failure !== undefined) done(this.#takeFailure());
      else if (target === undefined) this.#socket.send(bytes, done);
      else this.#socket.send(bytes, target.port, target.ip, done);
    });
    this.#sent += 1;
  }

  async connect(address: Address): Promise<void> {
    if (this.#peer !== undefined)
      throw new UsageError(`the socket is connected to ${formatAddress(this.#peer)} already`);
    const { ip, port } = this.#targetOf(address);
    this.#peer = address; // at once: a second connect beside this one is refused
    try {
      // Node hands a failure to this callback, its types notwithstanding.
      await this.#settled(formatAddress(address), (done) => this.#socket.connect(port, ip, done));
    } catch (error) {
      this.#peer = undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#queue.close();
      this.#socket.close(() => {
        this.#resource.release();
        resolve();
      });
      for (const settle of this.#pending) settle(closedError());
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Datagram> {
    return this.#queue[Symbol.asyncIterator]();
  }

  #receive(data: Uint8Array, { address, port }: RemoteInfo): void {
    this.#received += 1;
    const from = socketAddress(address, port);
    const isTaken = from !== undefined && data.byteLength <= this.#maxDatagramBytes && this.#queue.push({ data, from });
    if (!isTaken) this.#dropped += 1;
  }

  #takeFailure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  #settled(where: string, start: (done: (error?: unknown) => void) => void): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => {
        this.#pending.delete(settle);
        if (error === undefined || error === null) resolve();
        else reject(toUdpError(error, where));
      };
      this.#pending.add(settle);
      try {
        start(settle);
      } catch (error) {
        settle(error);
      }
    });
  }

  #targetOf(to: Address): { readonly ip: string; readonly port: number } {
    if (
      to.type !== 'tcp' ||
      to.host.type !== 'ip' ||
      !(Number.isInteger(to.port) && to.port >= 1 && to.port <= 65_535)
    ) {
      throw new UsageError(`must be an IP address with a port of 1 to 65535, got ${formatAddress(to)}`);
    }
    const { host, port } = to;
    if (host.family === this.#family) return { ip: host.toString(), port };
    if (this.#family === 6) return { ip: `::ffff:${host}`, port }; // an IPv6 socket speaks IPv4 in this dress
    const message = `cannot send to ${formatAddress(to)}: the socket is bound to an IPv4 address`;
    throw new UdpError('LML_ERR_UDP_UNREACHABLE', message, { facts: { layer: 'udp', phase: 'send' } });
  }
}
