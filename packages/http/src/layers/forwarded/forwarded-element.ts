import type { IpAddress } from '@lamella/net-core';
import { formatHost, tryParseAuthority, tryParseIp } from '@lamella/net-core';
import { isFieldValue, isToken, splitList, trimBlanks } from '../../message/field-syntax.ts';

/** A client or a proxy, as a proxy names it. RFC 7239 section 6. */
export interface ForwardedNode {
  /** Its address; `undefined` if the proxy does not know it (`unknown`) or does not tell (`_name`). */
  readonly ip: IpAddress | undefined;
  /** Its port, 0 to 65535, if the proxy tells. */
  readonly port: number | undefined;
  /** What stands there, such as `'192.0.2.1:4711'`, `'unknown'` or `'_hidden'`. */
  readonly text: string;
}

/** What one proxy says of one hop. RFC 7239 section 4. */
export interface ForwardedElement {
  /** Who asked the proxy. */
  readonly for?: ForwardedNode | undefined;
  /** The interface of the proxy that was asked. */
  readonly by?: ForwardedNode | undefined;
  /** Host that was asked for. */
  readonly host?: string | undefined;
  /** Scheme by which it was asked for, in lower case. */
  readonly proto?: string | undefined;
}

/**
 * Reads a Forwarded field.
 *
 * @remarks
 * Source: RFC 7239 section 4. Parameters that nobody registered are left out. Every proxy appends an element, so the last one is from
 * the nearest proxy; what stands in front of the first proxy that you trust is whatever somebody wrote.
 *
 * @returns The elements, the farthest first; `undefined` if any part of the field is malformed: it is advice.
 *
 * @example
 * parseForwarded('for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"')?.map((element) => element.for?.text);
 * // ['192.0.2.1', '[2001:db8::1]:4711']
 */
export function parseForwarded(value: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  for (const text of splitList(value)) {
    const element = parseElement(text);
    if (element === undefined) return undefined;
    elements.push(element);
  }
  return elements.length === 0 ? undefined : elements;
}

/**
 * Writes one element of a Forwarded field; what is no token is quoted.
 *
 * @example
 * formatForwardedElement({ for: forwardedNode('2001:db8::1'), proto: 'https' }); // 'for="[2001:db8::1]";proto=https'
 */
export function formatForwardedElement(element: ForwardedElement): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(element) as [string, ForwardedNode | string | undefined][]) {
    if (value === undefined) continue;
    const text = typeof value === 'string' ? value : value.text;
    // A host is quoted always: most have a port sooner or later, and one form is easier to compare than two.
    pairs.push(`${name}=${name !== 'host' && isToken(text) ? text : quoted(text)}`);
  }
  return pairs.join(';');
}

/**
 * Makes a node of an address as proxies write it: with or without brackets, with or without a port; anything else is a name.
 *
 * @param text - Such as `'192.0.2.1'`, `'[2001:db8::1]:80'`, `'2001:db8::1'`, `'unknown'` or `'_hidden'`.
 */
export function forwardedNode(text: string): ForwardedNode {
  const bare = tryParseIp(text);
  if (bare !== undefined) return { ip: bare, port: undefined, text: formatHost(bare) };
  const authority = tryParseAuthority(text);
  if (authority?.host.type === 'ip') return { ip: authority.host, port: authority.port, text };
  return { ip: undefined, port: undefined, text };
}

function parseElement(text: string): ForwardedElement | undefined {
  const element: Record<string, ForwardedNode | string> = {};
  const seen = new Set<string>();
  const pair = new RegExp(PAIR);
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    if (found === null) return undefined;
    const [, parameter, token, quoted = ''] = found;
    if (parameter === undefined) continue; // an empty pair
    const name = parameter.toLowerCase();
    if (seen.has(name)) return undefined;
    seen.add(name);
    const value = token ?? quoted.replaceAll(/\\(.)/g, '$1');
    if (name === 'for' || name === 'by') element[name] = forwardedNode(value);
    else if (name === 'host') element['host'] = value;
    else if (name === 'proto') element['proto'] = value.toLowerCase();
  }
  return element;
}

function quoted(value: string): string {
  // What may not stand in a field goes into no head.
  return `"${isFieldValue(value) ? trimBlanks(value).replaceAll(/["\\]/g, '\\$&') : ''}"`;
}

// Empty pairs are allowed; blanks around `;` are not, but common.
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
// The blanks in front stand inside of the optional part: next to those behind it, a row of them would be tried in every division.
const PAIR = new RegExp(`(?:[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?[ \\t]*(?:;|$)`, 'y');
