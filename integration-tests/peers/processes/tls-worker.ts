// A server of TLS that requires a certificate of its clients, in a process of its own, with a key of tickets that others have as well.
// Says `ready PORT`.
import { readFileSync } from 'node:fs';
import type { Connection } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { serviceFn, stack } from '@lamella/service-core';
import { sessionTicketKeys, tlsAcceptLayer } from '@lamella/tls';

const { CERT: certPath = '', CA: caPath = '', TICKET_KEY: ticketKey = '' } = process.env;
const pem = readFileSync(certPath, 'utf8');
const accept = tlsAcceptLayer({
  certificates: { cert: pem, key: pem },
  clientAuth: { mode: 'require', roots: readFileSync(caPath, 'utf8') },
  ticketKeys: sessionTicketKeys(Buffer.from(ticketKey, 'hex')),
});
const hello = serviceFn(async ({ stream }: Connection) => {
  await stream.write([Buffer.from('hello')]);
  await stream.closeWrite();
});
const listener = await listenTcp();
if (listener.address.type === 'tcp') console.log(`ready ${listener.address.port}`);
await serveListener(listener, stack(accept, hello));
