// #region layer
import { connectRequest, egressPolicyLayer, parseAddress } from '@lamella/net-core';
import { staticResolver, tcpConnector } from '@lamella/net-tcp';
import { isLamellaError } from '@lamella/service-core';

// Inside of the name lookup: it sees the very address that is going to be dialled.
const connector = tcpConnector({
  resolver: staticResolver({ 'innocent.test': ['169.254.169.254'] }), // without it: the names of the system
  egress: egressPolicyLayer(), // addresses of the public internet and nothing else
});
// #endregion layer

for (const address of ['127.0.0.1:80', '[::ffff:10.0.0.1]:80', 'innocent.test:80']) {
  const request = connectRequest({ target: parseAddress(address) });
  const refusal = await connector.serve(request).catch((error: unknown) => error);
  if (isLamellaError(refusal)) console.log(refusal.code, '-', refusal.message);
}
