import { X509Certificate } from 'node:crypto';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import type { TlsConnectOptions } from '@lamella/tls';
import { certificateAuthority, spkiPin, TlsError, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const network = memoryNetwork();
const authority = await certificateAuthority();
const certificates = await authority.issue({ names: ['shop.test'] });
const pin = spkiPin(new X509Certificate(certificates.cert));
const hello = serviceFn(({ stream }: { stream: { closeWrite(): Promise<void> } }) => stream.closeWrite());

async function judge(what: string, host: string, options: TlsConnectOptions): Promise<void> {
  const listener = network.listen(`${host}:443`);
  void serveListener(listener, stack(tlsAcceptLayer({ certificates }), hello), { onError: () => {} });
  const connector = stack(tlsConnectLayer(options), network.connector());
  try {
    const request = connectRequest({ target: parseAddress(`${host}:443`), secure: true });
    (await connector.serve(request)).stream.destroy();
    console.log(`${what}: taken`);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    console.log(`${what}: ${error.code}`, ...(error.names ?? []));
  }
  await listener.close();
}

await judge('those whom Node trusts', 'shop.test', {});
await judge('an authority of our own', 'shop.test', { roots: authority.cert });
await judge('it, or those of the system', 'shop.test', { roots: ['system', authority.cert] });
await judge('it, and another host', 'bank.test', { roots: authority.cert });
await judge('it, and this key', 'shop.test', { roots: authority.cert, pins: [pin] });
await judge('it, and another key', 'shop.test', { roots: authority.cert, pins: [`${'A'.repeat(43)}=`] });
await judge('nobody, but this key', 'shop.test', { roots: [], pins: [pin] });
