import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { isGrease } from '../codec/client-hello/grease.ts';

/**
 * The PeetPrint string of a ClientHello; its fingerprint is the MD5 of it.
 *
 * @remarks
 * Source: the description that its author has published (versions, protocols, groups, signature algorithms, PSK modes, certificate
 * compression, cipher suites, extensions; decimal, with the word `GREASE` for values of RFC 8701), and fingerprints of his public service.
 * Extensions are sorted as texts, so a client that shuffles them has one fingerprint. The description names the short forms of HTTP
 * versions only; other protocols of ALPN stand there as they are.
 */
export function peetPrintString(hello: ClientHello): string {
  return [
    hello.supportedVersions.map(named),
    hello.alpnProtocols.map((protocol) => HTTP_VERSIONS[protocol] ?? protocol),
    hello.supportedGroups.map(named),
    hello.signatureAlgorithms.map(named),
    hello.pskKeyExchangeModes,
    hello.certificateCompressionAlgorithms,
    hello.cipherSuites.map(named),
    hello.extensionTypes.map(named).toSorted(),
  ]
    .map((values) => values.join('-'))
    .join('|');
}

function named(value: number): string {
  return isGrease(value) ? 'GREASE' : String(value);
}

const HTTP_VERSIONS: Readonly<Record<string, string>> = { 'http/1.0': '1.0', 'http/1.1': '1.1', h2: '2' };
