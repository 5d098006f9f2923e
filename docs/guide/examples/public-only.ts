// #region layer
import type { Connection, ConnectRequest } from '@lamella/net-core';
import { ConnectError, connectRequest, formatAddress, ipScope, parseAddress } from '@lamella/net-core';
import { happyEyeballsConnector, socketConnector, staticResolver } from '@lamella/net-tcp';
import type { Layer } from '@lamella/service-core';
import { isLamellaError, stack } from '@lamella/service-core';

/** Connects to addresses of the public internet and to nothing else. */
const publicOnly: Layer<ConnectRequest, Connection> = (inner) => ({
  async serve(request) {
    const { target } = request;
    if (target.type === 'tcp' && target.host.type === 'ip' && ipScope(target.host) === 'global') {
      return inner.serve(request);
    }
    const message = `${formatAddress(target)} is not a public address`;
    throw new ConnectError('LML_ERR_CONNECT_DENIED', message, { phase: 'connect', domain: 'local' });
  },
});

// Inside of the name lookup: it sees the very address that is going to be dialled.
const connector = happyEyeballsConnector({
  resolver: staticResolver({ 'innocent.test': ['169.254.169.254'] }), // `systemResolver()` in real life
  connector: stack(publicOnly, socketConnector()),
});
// #endregion layer

for (const address of ['127.0.0.1:80', '[::ffff:10.0.0.1]:80', 'innocent.test:80']) {
  const request = connectRequest({ target: parseAddress(address) });
  const refusal = await connector.serve(request).catch((error: unknown) => error);
  if (isLamellaError(refusal)) console.log(refusal.code, '-', refusal.message);
}
