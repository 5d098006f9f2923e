import type { Address } from '@lamella/net-core';

/** What came in one piece. */
export interface Datagram {
  /** Its bytes; nobody else uses them. */
  readonly data: Uint8Array;
  /** Who sent it, or claims so: a sender can forge its address. */
  readonly from: Address;
}

/** What went through a {@link UdpSocket}. */
export interface UdpGauges {
  /** Datagrams that came and that nobody has taken yet. */
  readonly queued: number;
  /** Datagrams that came, those dropped among them. */
  readonly received: number;
  /** Datagrams that came and were dropped: the queue was full, or they were larger than `maxDatagramBytes`. */
  readonly dropped: number;
  /** Datagrams that were handed to the system. */
  readonly sent: number;
}

/** A bound UDP socket: an async iterable of the datagrams that come; each goes to one iteration. It ends with the socket. */
export interface UdpSocket extends AsyncIterable<Datagram>, AsyncDisposable {
  /** Where it is bound. */
  readonly address: Address;
  /** Whom it is connected to, if it is. */
  readonly peer: Address | undefined;
  /** What is waiting, and what came, went and was dropped. */
  readonly gauges: UdpGauges;
  /**
   * Sends one datagram. That it was sent does not tell that it came.
   *
   * @param bytes - Not to be changed until the promise settles.
   * @param to - An IP address with a port of 1 to 65535; left out on a connected socket.
   * @returns When the system has taken it. Rejects with a UdpError on failure, with a UsageError if `to` is none.
   */
  send(bytes: Uint8Array, to?: Address): Promise<void>;
  /**
   * Sends to and receives from this address alone from now on; once. Datagrams that are queued already stay. If the machine there
   * says that a datagram did not come, the next `send` rejects, such as with `LML_ERR_UDP_REFUSED`, and sends nothing.
   *
   * @param address - An IP address with a port of 1 to 65535.
   */
  connect(address: Address): Promise<void>;
  /** Closes it: drops what is queued, and sends under way reject with `LML_ERR_UDP_CLOSED`. Twice does nothing. */
  close(): Promise<void>;
}
