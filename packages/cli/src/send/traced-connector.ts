import type { Connector } from '@lamella/net-core';
import { formatAddress, PeerAddress } from '@lamella/net-core';

/** Tells where each connection goes, and where it went. */
export function traced(connector: Connector, note: (text: string) => void): Connector {
  return {
    async serve(request) {
      const connection = await connector.serve(request);
      const peer = connection.extensions.get(PeerAddress);
      const [where, address] = [request.target, peer ?? request.target].map(formatAddress);
      note(where === address ? `Connected to ${where}` : `Connected to ${where} (${address})`);
      return connection;
    },
  };
}
