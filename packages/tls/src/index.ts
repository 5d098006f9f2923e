// ClientHello

export type { ClientHelloExtension } from './codec/client-hello/client-hello.ts';
export { ClientHello } from './codec/client-hello/client-hello.ts';
export type { ClientHelloLimits } from './codec/client-hello/client-hello-decoder.ts';
export { ClientHelloDecoder } from './codec/client-hello/client-hello-decoder.ts';
export { isGrease } from './codec/client-hello/grease.ts';
export type { ClientHelloErrorCode } from './errors.ts';
export { ClientHelloError } from './errors.ts';
export { TlsFingerprints } from './fingerprint/tls-fingerprints.ts';
export { ClientFingerprints, ReceivedClientHello } from './keys.ts';
export type { ClientHelloLayerOptions } from './peek/client-hello-layer.ts';
export { clientHelloLayer } from './peek/client-hello-layer.ts';
export type { PeekClientHelloOptions } from './peek/peek-client-hello.ts';
export { peekClientHello } from './peek/peek-client-hello.ts';
export type { TlsRoute } from './peek/tls-route-table.ts';
export type { TlsRouterOptions } from './peek/tls-router.ts';
export { tlsRouter } from './peek/tls-router.ts';
