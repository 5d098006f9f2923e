import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { isGrease } from '../codec/client-hello/grease.ts';

/**
 * The JA3 string of a ClientHello; its fingerprint is the MD5 of it.
 *
 * @remarks
 * Source: the description of JA3 by its authors (github.com/salesforce/ja3): version, cipher suites, extensions, groups and point formats
 * as decimal numbers in the order of the client, without GREASE. Clients that shuffle their extensions have another one each time.
 */
export function ja3String(hello: ClientHello): string {
  const { legacyVersion, cipherSuites, extensionTypes, supportedGroups, ecPointFormats } = hello;
  const lists = [cipherSuites, extensionTypes, supportedGroups].map((values) => withoutGrease(values).join('-'));
  return [legacyVersion, ...lists, ecPointFormats.join('-')].join(',');
}

/** The values that are not of RFC 8701. */
export function withoutGrease(values: readonly number[]): readonly number[] {
  return values.filter((value) => !isGrease(value));
}
