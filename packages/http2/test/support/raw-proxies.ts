import type { Connector, ConnectRequest } from '@lamella/net-core';
import {
  AlpnSelected,
  addConnectTimings,
  createConnection,
  memoryPipe,
  PeerAddress,
  TlsSession,
} from '@lamella/net-core';
import type { FakeClock } from '@lamella/service-core/testing';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';
import { RawEnd } from './raw-end.ts';

/** Proxies of HTTP/2 that do what the test says, frame by frame. */
export interface RawProxies {
  readonly connector: Connector;
  /** What was asked of the connector. */
  readonly dials: readonly ConnectRequest[];
  /** Their ends, in the order in which they were connected to. */
  readonly ends: readonly RawEnd[];
}

/** @param pairs - Settings that each of them says first. */
export function rawProxies(clock: FakeClock, ...pairs: Parameters<typeof settings>): RawProxies {
  const dials: ConnectRequest[] = [];
  const ends: RawEnd[] = [];
  return {
    dials,
    ends,
    connector: {
      async serve(request) {
        dials.push(request);
        const [near, far] = memoryPipe({ clock });
        const end = new RawEnd(far, undefined, PREFACE);
        ends.push(end);
        void end.read();
        void far.write([settings(...pairs), SETTINGS_ACK]);
        const connection = createConnection(near);
        connection.extensions.insert(PeerAddress, request.target);
        if (request.secure) connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
        addConnectTimings(connection, { resolveMs: 5 });
        const [first] = request.alpnOffer;
        if (first !== undefined) connection.extensions.insert(AlpnSelected, first);
        return connection;
      },
    },
  };
}
