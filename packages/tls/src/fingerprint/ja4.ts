import { hash } from 'node:crypto';
import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { EXTENSION } from '../codec/client-hello/extension-types.ts';
import { withoutGrease } from './ja3.ts';

/** A JA4 fingerprint. */
interface Ja4 {
  /** The fingerprint. */
  readonly hashed: string;
  /** What is hashed in it, in clear. */
  readonly raw: string;
}

/**
 * Makes the JA4 fingerprint of a ClientHello that came over TCP.
 *
 * @remarks
 * Source: "JA4: TLS Client Fingerprinting", FoxIO (github.com/FoxIO-LLC/ja4, technical_details/JA4.md). JA4 itself is free to use (BSD);
 * the other fingerprints of that family are not, and are not here.
 *
 * @param order - `sorted` is what is called JA4; `original` has all extensions, and everything in the order of the client (`JA4_o`).
 */
export function ja4Of(hello: ClientHello, order: 'sorted' | 'original'): Ja4 {
  const ciphers = withoutGrease(hello.cipherSuites).map(hex);
  const extensions = withoutGrease(hello.extensionTypes).map(hex);
  const algorithms = withoutGrease(hello.signatureAlgorithms).map(hex);
  const start = startOf(hello, ciphers.length, extensions.length);
  if (order === 'original') return joined(start, ciphers, extensions, algorithms);
  const told = extensions.filter((type) => !TOLD_BY_THE_START.has(type));
  return joined(start, ciphers.toSorted(), told.toSorted(), algorithms);
}

function joined(
  start: string,
  ciphers: readonly string[],
  extensions: readonly string[],
  algorithms: readonly string[],
): Ja4 {
  const [cipherList, extensionList] = [ciphers.join(','), extensions.join(',')];
  const rest = algorithms.length === 0 ? extensionList : `${extensionList}_${algorithms.join(',')}`;
  return { hashed: `${start}_${shortHash(cipherList)}_${shortHash(rest)}`, raw: `${start}_${cipherList}_${rest}` };
}

function startOf(hello: ClientHello, cipherCount: number, extensionCount: number): string {
  const version = Math.max(...withoutGrease(hello.supportedVersions)); // of none -Infinity, which is no version
  const name = VERSIONS[Number.isFinite(version) ? version : hello.legacyVersion] ?? '00';
  const destination = hello.has(EXTENSION.serverName) ? 'd' : 'i';
  return `t${name}${destination}${twoDigits(cipherCount)}${twoDigits(extensionCount)}${endsOf(hello.alpnProtocols[0])}`;
}

/** First and last letter of the first protocol; of its bytes in hex if one of the two is neither letter nor digit. */
function endsOf(protocol: string | undefined): string {
  if (protocol === undefined) return '00';
  const isText = /^[0-9A-Za-z](?:.*[0-9A-Za-z])?$/s.test(protocol);
  const text = isText ? protocol : Buffer.from(protocol, 'latin1').toString('hex');
  return `${text.at(0)}${text.at(-1)}`;
}

/** The hash of nothing would look like the hash of something. */
function shortHash(text: string): string {
  return text === '' ? '000000000000' : hash('sha256', text).slice(0, 12);
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function twoDigits(count: number): string {
  return String(Math.min(count, 99)).padStart(2, '0');
}

/** server_name and ALPN: the same client has the same rest, wherever it goes. */
const TOLD_BY_THE_START: ReadonlySet<string> = new Set([hex(EXTENSION.serverName), hex(EXTENSION.alpn)]);

const VERSIONS: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
};
