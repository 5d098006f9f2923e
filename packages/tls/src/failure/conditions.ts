import type { TlsErrorCode } from '../errors.ts';

/** What a code of OpenSSL or of the system means. */
export interface Condition {
  readonly code: TlsErrorCode;
  /** What is wrong, and what to do about it. */
  readonly why: string;
}

/** What the code of an error means, as far as it says something. */
export function conditionOf(code: string): Condition | undefined {
  const known = CONDITIONS[code];
  if (known !== undefined) return known;
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_') ? BAD_BYTES : undefined;
}

/** What the result of the verification of a chain means. */
export function verifyConditionOf(code: string): Condition {
  return (
    VERIFY_CONDITIONS[code] ?? { code: 'LML_ERR_TLS_CERTIFICATE_INVALID', why: `the certificate is no good (${code})` }
  );
}

const BAD_BYTES: Condition = { code: 'LML_ERR_TLS_PROTOCOL', why: 'the peer broke the rules of TLS' };

const NOT_TLS: Condition = {
  code: 'LML_ERR_TLS_PROTOCOL',
  why: 'the peer does not speak TLS here; check the port, and whether it expects bytes in clear',
};

const CLOSED: Condition = { code: 'LML_ERR_TLS_CLOSED', why: 'the peer closed the connection during the handshake' };

const NO_OVERLAP: Condition = {
  code: 'LML_ERR_TLS_NO_OVERLAP',
  why: 'both sides have no cipher, group or signature in common; compare ciphers, groups, signatureAlgorithms and the kind of key',
};

const VERSION: Condition = {
  code: 'LML_ERR_TLS_VERSION',
  why: 'both sides have no version of TLS in common; compare minVersion and maxVersion',
};

const CONDITIONS: Readonly<Record<string, Condition>> = {
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  ECONNABORTED: CLOSED,
  LML_ERR_STREAM_RESET: CLOSED,
  LML_ERR_STREAM_CLOSED: CLOSED,
  ETIMEDOUT: { code: 'LML_ERR_TLS_TIMEOUT', why: 'the connection timed out during the handshake' },
  LML_ERR_STREAM_TIMEOUT: { code: 'LML_ERR_TLS_TIMEOUT', why: 'the connection timed out during the handshake' },
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_HTTP_REQUEST: {
    code: 'LML_ERR_TLS_PROTOCOL',
    why: 'the peer sent an HTTP request in clear; it should use https',
  },
  ERR_SSL_HTTPS_PROXY_REQUEST: {
    code: 'LML_ERR_TLS_PROTOCOL',
    why: 'the peer sent a request for a proxy in clear; it should speak TLS first',
  },
  ERR_SSL_UNSUPPORTED_PROTOCOL: VERSION,
  ERR_SSL_VERSION_TOO_LOW: VERSION,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: VERSION,
  ERR_SSL_NO_SHARED_CIPHER: NO_OVERLAP,
  ERR_SSL_NO_CIPHERS_AVAILABLE: {
    code: 'LML_ERR_TLS_NO_OVERLAP',
    why: 'this side has no cipher left to offer; compare ciphers, minVersion and maxVersion',
  },
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: NO_OVERLAP,
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: NO_OVERLAP,
  ERR_SSL_NO_SUITABLE_KEY_SHARE: NO_OVERLAP,
  ERR_SSL_NO_SUITABLE_GROUPS: NO_OVERLAP,
  ERR_SSL_NO_SHARED_GROUPS: NO_OVERLAP,
  ERR_SSL_NO_APPLICATION_PROTOCOL: {
    code: 'LML_ERR_TLS_NO_ALPN_OVERLAP',
    why: 'both sides have no protocol in common; compare what is offered by ALPN with what is spoken here',
  },
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: {
    code: 'LML_ERR_TLS_NO_CERTIFICATE',
    why: 'the client has shown no certificate, and one is required',
  },
  ERR_TLS_DH_PARAM_SIZE: { code: 'LML_ERR_TLS_NO_OVERLAP', why: 'the key exchange of the server is too weak' },
};

const VERIFY_CONDITIONS: Readonly<Record<string, Condition>> = {
  CERT_HAS_EXPIRED: {
    code: 'LML_ERR_TLS_CERTIFICATE_EXPIRED',
    why: 'the certificate, or one above it, has expired; renew it, or set the clock of this machine',
  },
  CERT_NOT_YET_VALID: {
    code: 'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID',
    why: 'the certificate, or one above it, is not valid yet; check the clock of this machine',
  },
  CERT_REVOKED: {
    code: 'LML_ERR_TLS_CERTIFICATE_REVOKED',
    why: 'the certificate has been revoked; it needs a new one',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    code: 'LML_ERR_TLS_SELF_SIGNED',
    why: 'the certificate is self-signed; add it to roots, or pin its key',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    why: 'the chain ends in a root that is not trusted here; add that root to roots if you trust it',
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    why: 'an issuer of the chain is not known here; the peer must send its intermediates, or its root belongs into roots',
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    why: 'the issuer is not known here; the peer must send its intermediates, or its root belongs into roots',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    why: 'the issuer is not known here; the peer must send its intermediates, or its root belongs into roots',
  },
  CERT_UNTRUSTED: { code: 'LML_ERR_TLS_UNKNOWN_CA', why: 'the root is not trusted for this use' },
  INVALID_PURPOSE: {
    code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    why: 'the certificate is made for another purpose; its extended key usage must allow this side of TLS',
  },
  INVALID_CA: { code: 'LML_ERR_TLS_CERTIFICATE_INVALID', why: 'an issuer of the chain is no authority' },
  PATH_LENGTH_EXCEEDED: { code: 'LML_ERR_TLS_CERTIFICATE_INVALID', why: 'the chain is longer than its root allows' },
  CERT_SIGNATURE_FAILURE: { code: 'LML_ERR_TLS_CERTIFICATE_INVALID', why: 'a signature in the chain is wrong' },
  UNABLE_TO_GET_CRL: {
    code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    why: 'revocationLists has no list of the issuer, so nobody can tell whether the certificate was revoked',
  },
  CRL_HAS_EXPIRED: {
    code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    why: 'the list of revoked certificates in revocationLists is out of date; fetch a newer one',
  },
};
