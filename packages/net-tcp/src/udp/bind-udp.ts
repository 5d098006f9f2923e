import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Host } from '@lamella/net-core';
import { formatAddress, parseHost, socketAddress } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { toListenError } from '../errors.ts';
import { DgramSocket } from './dgram-socket.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Options of {@link bindUdp}. */
export interface BindUdpOptions {
  /** Address or name to bind to. Default `127.0.0.1`: a socket is open to others only if told so. */
  readonly host?: string | Host;
  /** 0 to 65535; 0 takes a free one. Default 0. */
  readonly port?: number;
  /** Datagrams that wait for somebody to take them, at least 1; when they are that many, new ones are dropped. Default 1_024. */
  readonly maxQueued?: number;
  /** Largest datagram that is sent or taken, in bytes, 1 to 65_507; larger ones that come are dropped. Default 65_507. */
  readonly maxDatagramBytes?: number;
  /** Binds even if another socket is bound to the port already (`SO_REUSEADDR`). Default false. */
  readonly reuseAddress?: boolean;
}

/**
 * Binds a UDP socket.
 *
 * @throws ListenError saying what is in the way and what to do; UsageError if an option is out of its range; AddressError if `host`
 * is none.
 *
 * @example
 * await using socket = await bindUdp({ port: 5353 });
 * for await (const { data, from } of socket) await socket.send(data, from);
 */
export async function bindUdp(options: BindUdpOptions = {}): Promise<UdpSocket> {
  const { port = 0, maxQueued = 1_024, maxDatagramBytes = MAX_PAYLOAD_BYTES, reuseAddress = false } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UsageError(`port must be 0 to 65535, got ${port}`);
  }
  if (!(maxQueued >= 1)) throw new UsageError(`maxQueued must be >= 1, got ${maxQueued}`);
  if (!(maxDatagramBytes >= 1 && maxDatagramBytes <= MAX_PAYLOAD_BYTES)) {
    throw new UsageError(`maxDatagramBytes must be 1 to ${MAX_PAYLOAD_BYTES}, got ${maxDatagramBytes}`);
  }
  const host = typeof options.host === 'object' ? options.host : parseHost(options.host ?? '127.0.0.1');
  let socket: Socket | undefined;
  try {
    const { address, family } = await ipOf(host);
    socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', reuseAddr: reuseAddress });
    await bound(socket, port, address);
    const at = socket.address();
    const here = socketAddress(at.address, at.port) ?? { type: 'tcp', host, port: at.port };
    return new DgramSocket(socket, here, family, maxQueued, maxDatagramBytes);
  } catch (error) {
    socket?.close();
    throw toListenError(error, `${formatAddress({ type: 'tcp', host, port })} (UDP)`);
  }
}

async function ipOf(host: Host): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
  if (host.type === 'ip') return { address: host.toString(), family: host.family };
  const { address, family } = await lookup(host.toString());
  return { address, family: family === 6 ? 6 : 4 };
}

function bound(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** The most that fits a packet of IPv4: 65,535 bytes less its header of 20 and that of UDP of 8. RFC 768, RFC 791 section 3.1. */
const MAX_PAYLOAD_BYTES = 65_507;
