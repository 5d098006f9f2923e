// Accepting

export type { SessionTicketKeys } from './accept/session-ticket-keys.ts';
export { sessionTicketKeys } from './accept/session-ticket-keys.ts';
export { tlsAcceptLayer } from './accept/tls-accept-layer.ts';
export type { ClientAuthOptions, TlsAcceptOptions } from './accept/tls-accept-options.ts';

// Certificates, and whom to trust

export type { CertificateFile } from './certificates/certificate-file.ts';
export type { CertificateFiles, CertificateFilesOptions } from './certificates/certificate-files.ts';
export { certificateFiles } from './certificates/certificate-files.ts';
export type { CertificateStore, CertificateStoreOptions } from './certificates/certificate-store.ts';
export { certificateStore } from './certificates/certificate-store.ts';
export type { KeyPair } from './certificates/key-pair.ts';
export type { CertificateFacts, PeerCertificateFacts } from './certificates/peer-certificate.ts';
export type { CertificateSource, ServerCertificate } from './certificates/server-certificate.ts';
export { spkiPin } from './certificates/spki-pin.ts';
export type { TrustRoots } from './certificates/trust-roots.ts';

// Connecting

export { tlsConnectLayer } from './connect/tls-connect-layer.ts';
export type { TlsConnectOptions } from './connect/tls-connect-options.ts';
export type { TlsOptions, TlsVersion } from './shared/tls-options.ts';

// Issuing certificates

export type { AcmeChallengeCertificateOptions } from './issue/acme-challenge-certificate.ts';
export { acmeChallengeCertificate } from './issue/acme-challenge-certificate.ts';
export type { CertificateAuthorityMaterial, OpenCertificateAuthorityOptions } from './issue/authority-files.ts';
export { loadCertificateAuthority, openCertificateAuthority } from './issue/authority-files.ts';
export type { CertificateAuthority, CertificateAuthorityOptions } from './issue/certificate-authority.ts';
export { certificateAuthority } from './issue/certificate-authority.ts';
export type { CertificateIssuer, CertificateIssuerOptions } from './issue/certificate-issuer.ts';
export { certificateIssuer } from './issue/certificate-issuer.ts';
export type { CertificateRequest, CertificateRequestOptions } from './issue/certificate-request.ts';
export { certificateRequest } from './issue/certificate-request.ts';
export type { CertificateSubject } from './issue/distinguished-name.ts';
export type { CertificateUsage, NameConstraints } from './issue/extensions.ts';
export type { IssuedCertificate, IssueOptions } from './issue/issued-certificate.ts';
export type { MirrorOptions } from './issue/mirrored-content.ts';
export { selfSignedCertificate } from './issue/self-signed-certificate.ts';
export type { Validity, ValidityOptions } from './issue/validity.ts';

// What is known of a connection

export { OcspResponse, PeerCertificate } from './keys.ts';

// Errors

export type { TlsErrorCode, TlsErrorOptions } from './errors.ts';
export { TlsError, TlsMaterialError, TlsSessionError } from './errors.ts';

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
