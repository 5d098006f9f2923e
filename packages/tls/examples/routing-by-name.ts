import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, relay, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, certificateIssuer, tlsAcceptLayer, tlsConnectLayer, tlsRouter } from '@lamella/tls';

const network = memoryNetwork(); // or listenTcp() and tcpConnector() of @lamella/net-tcp
const authority = await certificateAuthority({ subject: { commonName: 'Our development' } });

/** A server that speaks TLS itself, and says who it is. */
const says = (word: string) =>
  stack(
    tlsAcceptLayer({ certificates: certificateIssuer({ authority }) }),
    serviceFn(async ({ stream }: Connection) => {
      await stream.write([Buffer.from(word)]);
      await stream.closeWrite();
    }),
  );

/** Passes connections on without decrypting them. */
const passOn = (address: string) =>
  serviceFn(async ({ stream }: Connection) => {
    const upstream = await network.connector().serve(connectRequest({ target: parseAddress(address) }));
    await relay(stream, upstream.stream);
  });

const origin = network.listen('origin.test:8443');
void serveListener(origin, says('the origin'));
const router = tlsRouter({
  routes: [
    { names: ['shop.test'], service: says('the entry') },
    { names: ['*.tenants.test'], service: passOn('origin.test:8443') },
  ],
});

const connector = stack(tlsConnectLayer({ roots: authority.cert }), network.connector());
for (const host of ['shop.test', 'one.tenants.test', 'nobody.test']) {
  const entry = network.listen(`${host}:443`);
  void serveListener(entry, router, { onError: (error) => console.log(`refused: ${error}`) });
  try {
    const request = connectRequest({ target: parseAddress(`${host}:443`), secure: true });
    const { stream } = await connector.serve(request);
    console.log(`${host}: ${Buffer.from((await stream.read()) ?? [])}`);
    stream.destroy();
  } catch (error) {
    console.log(`${host}: ${error instanceof Error && 'code' in error ? error.code : error}`);
  }
  await entry.close();
}
await origin.close();
