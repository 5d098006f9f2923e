import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { PeerCertificateFacts } from './certificates/peer-certificate.ts';
import type { ClientHello } from './codec/client-hello/client-hello.ts';
import type { TlsFingerprints } from './fingerprint/tls-fingerprints.ts';

/**
 * The certificate that the other end has shown: the one of the server where we have connected, the one of the client where a server has
 * asked for it. Look at `isAuthorized` before believing it.
 */
export const PeerCertificate: ExtensionKey<PeerCertificateFacts, 'connection'> = extensionKey('tls/peer-certificate', {
  scope: 'connection',
  peerScoped: true,
});

/** The OCSP response that a server has stapled, as DER; nobody has checked it. */
export const OcspResponse: ExtensionKey<Uint8Array, 'connection'> = extensionKey('tls/ocsp-response', {
  scope: 'connection',
  prefer: 'egress',
  peerScoped: true,
});

/** The ClientHello of a client, as it came. Written by `clientHelloLayer` and `tlsRouter`. */
export const ReceivedClientHello: ExtensionKey<ClientHello, 'connection'> = extensionKey('tls/received-client-hello', {
  scope: 'connection',
});

/** Fingerprints of a client, made of its ClientHello when they are asked for. Written by `clientHelloLayer` and `tlsRouter`. */
export const ClientFingerprints: ExtensionKey<TlsFingerprints, 'connection'> = extensionKey('tls/client-fingerprints', {
  scope: 'connection',
});
