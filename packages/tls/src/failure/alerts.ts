import type { TlsErrorCode } from '../errors.ts';

/** What an alert of the peer says. */
export interface Alert {
  /** Its name in RFC 8446 section 6, such as `'handshake_failure'`. */
  readonly name: string;
  /** The code for it. */
  readonly code: TlsErrorCode;
}

/**
 * Reads which alert OpenSSL reports in the text of an error: the one place where it tells the number.
 *
 * @returns `undefined` if the error is not about an alert.
 */
export function alertOf(message: string): Alert | undefined {
  const number = /SSL alert number (\d+)/.exec(message)?.[1];
  if (number === undefined) return undefined;
  const name = NAMES[number] ?? `alert ${number}`;
  return { name, code: CODES[name] ?? 'LML_ERR_TLS_ALERT' };
}

const CODES: Readonly<Record<string, TlsErrorCode>> = {
  protocol_version: 'LML_ERR_TLS_VERSION',
  inappropriate_fallback: 'LML_ERR_TLS_VERSION',
  no_application_protocol: 'LML_ERR_TLS_NO_ALPN_OVERLAP',
  unrecognized_name: 'LML_ERR_TLS_UNKNOWN_NAME',
};

/** RFC 8446 section 6 and the registry of alerts; the ones of older versions too. */
const NAMES: Readonly<Record<string, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  22: 'record_overflow',
  30: 'decompression_failure',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  60: 'export_restriction',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  111: 'certificate_unobtainable',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  114: 'bad_certificate_hash_value',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
};
