import type { Connection, ConnectRequest } from '@lamella/net-core';
import {
  connectRequest,
  dialLimitLayer,
  formatAddress,
  memoryNetwork,
  PeerAddress,
  parseAddress,
} from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { isLamellaError, stack } from '@lamella/service-core';

/** Sends what is for one place to another one, as a switch to a new data centre does. */
function movedLayer(from: string, to: string): Layer<ConnectRequest, Connection> {
  const target = parseAddress(to);
  return (inner) => ({
    serve: (request) => inner.serve(formatAddress(request.target) === from ? request.withTarget(target) : request),
  });
}

const network = memoryNetwork();
const listener = network.listen('10.0.0.2:5432');
const limits = dialLimitLayer({ maxConcurrentDialsPerTarget: 1, minBackoffMs: 1_000, jitterRatio: 0 });
const connector = stack(movedLayer('db.test:5432', '10.0.0.2:5432'), limits, network.connector());

const connection = await connector.serve(connectRequest({ target: parseAddress('db.test:5432') }));
const peer = connection.extensions.get(PeerAddress);
console.log(peer === undefined ? 'nowhere' : formatAddress(peer));
connection.stream.destroy();

// Where nobody listens, the second one does not even try.
for (let count = 0; count < 2; count++) {
  const failure: unknown = await connector
    .serve(connectRequest({ target: parseAddress('10.0.0.3:80') }))
    .catch((error: unknown) => error);
  if (isLamellaError(failure)) console.log(failure.code);
}
await listener.close();
