import type { Socket } from 'node:net';
import type { Address } from '@lamella/net-core';
import { socketAddress, tryParseIp } from '@lamella/net-core';

/** The other end of a TCP socket. @returns `undefined` if the socket does not tell, as after it has closed or on a Unix socket. */
export function peerOf(socket: Socket): Address | undefined {
  return addressOf(socket.remoteAddress, socket.remotePort);
}

/** This end of a TCP socket. All connections of a server have the same one: they share it. */
export function localAddressOf({ localAddress, localPort }: Socket): Address | undefined {
  if (localAddress !== lastLocal.ip || localPort !== lastLocal.port) {
    lastLocal = { ip: localAddress, port: localPort, address: addressOf(localAddress, localPort) };
  }
  return lastLocal.address;
}

/** An IPv4 address dressed up as IPv6, as dual-stack sockets show it, is shown as what it is. */
function addressOf(ip: string | undefined, port: number | undefined): Address | undefined {
  const parsed = ip === undefined ? undefined : tryParseIp(ip);
  return parsed === undefined || port === undefined ? undefined : socketAddress(parsed.unmapped().toString(), port);
}

let lastLocal: {
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
  readonly address?: Address | undefined;
} = {};
