import {
  cachingResolver,
  connectRequest,
  formatAddress,
  memoryNetwork,
  overrideResolver,
  PeerAddress,
  parseAddress,
} from '@lamella/net-core';
import { happyEyeballsConnector, staticResolver } from '@lamella/net-tcp';

const network = memoryNetwork();
for (const place of ['10.0.0.1:80', '10.0.0.2:80']) network.listen(place);

// From the outside in: a table of exceptions, a memory, and whoever is asked in the end.
const asked = staticResolver({ 'shop.test': ['10.0.0.1'], 'old.test': ['10.0.0.9'] });
const cache = cachingResolver(asked, { staleIfErrorMs: 300_000 });
const resolver = overrideResolver(cache, { 'old.test': ['10.0.0.2'], '*.dev.test': ['10.0.0.2'] });
const connector = happyEyeballsConnector({ resolver, connector: network.connector() });

for (const name of ['shop.test', 'shop.test', 'old.test', 'ann.dev.test']) {
  const connection = await connector.serve(connectRequest({ target: parseAddress(`${name}:80`) }));
  const peer = connection.extensions.get(PeerAddress);
  console.log(name, peer === undefined ? 'nowhere' : formatAddress(peer));
  connection.stream.destroy();
}
console.log(cache.gauges);
