import { ClientHelloError } from '../../errors.ts';
import { checkAlpn } from './alpn.ts';
import { EXTENSION } from './extension-types.ts';
import { readServerName } from './server-name.ts';
import { isVector, uint16At } from './vector.ts';

/**
 * Checks the body of an extension that the codec knows, so that whoever reads it later can't meet an error.
 *
 * @remarks
 * Sources: RFC 8446 section 4.2, RFC 6066, RFC 7301, RFC 8422, RFC 8879, RFC 5746, RFC 7627. Of others anything is taken.
 *
 * @param start - Where the body starts; it goes to `end`.
 * @throws ClientHelloError if it is malformed.
 */
export function checkExtension(type: number, bytes: Uint8Array, start: number, end: number): void {
  if (type === EXTENSION.serverName) void readServerName(bytes, start, end);
  else if (type === EXTENSION.alpn) checkAlpn(bytes, start, end);
  else if (!isWellFormed(type, bytes, start, end)) {
    throw new ClientHelloError(
      'LML_ERR_CLIENT_HELLO_BAD_EXTENSION',
      `the extension ${type} is malformed: its lengths and its ${end - start} bytes do not fit`,
    );
  }
}

function isWellFormed(type: number, bytes: Uint8Array, start: number, end: number): boolean {
  switch (type) {
    case EXTENSION.supportedGroups:
    case EXTENSION.signatureAlgorithms:
    case EXTENSION.signatureAlgorithmsCert:
      return isVector(bytes, start, end, NUMBERS_16);
    case EXTENSION.supportedVersions:
    case EXTENSION.compressCertificate:
      return isVector(bytes, start, end, NUMBERS_8);
    case EXTENSION.ecPointFormats:
    case EXTENSION.pskKeyExchangeModes:
      return isVector(bytes, start, end, BYTES_8);
    case EXTENSION.renegotiationInfo:
      return isVector(bytes, start, end, OPAQUE_8);
    case EXTENSION.extendedMasterSecret:
    case EXTENSION.earlyData:
      return start === end;
    case EXTENSION.keyShare:
      return isVector(bytes, start, end, OPAQUE_16) && areShares(bytes, start + 2, end);
    case EXTENSION.preSharedKey:
      return areKeys(bytes, start, end);
    default:
      return true;
  }
}

/** Each a group, and a key of one byte or more. */
function areShares(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (end - at > 4) {
    const length = uint16At(bytes, at + 2);
    if (length === 0) return false;
    at += 4 + length;
  }
  return at === end;
}

/** Identities, then binders, and nothing behind them. */
function areKeys(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const binders = start + 2 + uint16At(bytes, start);
  return binders <= end && isVector(bytes, start, binders, IDENTITIES) && isVector(bytes, binders, end, BINDERS);
}

const NUMBERS_16 = { lengthBytes: 2, minBytes: 2, itemBytes: 2 } as const;
const NUMBERS_8 = { lengthBytes: 1, minBytes: 2, itemBytes: 2 } as const;
const BYTES_8 = { lengthBytes: 1, minBytes: 1 } as const;
const OPAQUE_8 = { lengthBytes: 1, minBytes: 0 } as const;
const OPAQUE_16 = { lengthBytes: 2, minBytes: 0 } as const;
const IDENTITIES = { lengthBytes: 2, minBytes: 7 } as const;
const BINDERS = { lengthBytes: 2, minBytes: 33 } as const;
