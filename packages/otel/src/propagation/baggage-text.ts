import type { Baggage } from '@opentelemetry/api';
import { baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/**
 * Reads the value of `baggage`.
 *
 * @remarks
 * Source: W3C Baggage, section 3.2. At most 64 members and 8,192 characters; of a longer list, those that fit in front are taken. Members
 * that are malformed are left out.
 *
 * @returns `undefined` if there is no member.
 */
export function parseBaggage(value: string): Baggage | undefined {
  let baggage: Baggage | undefined;
  let count = 0;
  for (let start = 0; start < value.length && count < MAX_MEMBERS; ) {
    const comma = value.indexOf(',', start);
    const end = comma < 0 ? value.length : comma;
    if (end > MAX_CHARS) break;
    const member = parseMember(value.slice(start, end));
    start = end + 1;
    if (member === undefined) continue;
    baggage = (baggage ?? propagation.createBaggage()).setEntry(member.key, member.entry);
    count++;
  }
  return baggage;
}

/** Writes the value of `baggage`, as many members as fit. @returns `''` if there are none. */
export function formatBaggage(baggage: Baggage): string {
  let text = '';
  let count = 0;
  for (const [key, { value, metadata }] of baggage.getAllEntries()) {
    if (!TOKEN.test(key)) continue;
    const properties = metadata === undefined ? '' : metadata.toString();
    const tail = PROPERTIES.test(properties) ? `;${properties}` : '';
    const next = `${text}${text === '' ? '' : ','}${key}=${encodeURIComponent(value.toWellFormed())}${tail}`;
    if (next.length > MAX_CHARS || ++count > MAX_MEMBERS) break;
    text = next;
  }
  return text;
}

function parseMember(text: string): { key: string; entry: ReturnType<typeof entryOf> } | undefined {
  const semicolon = text.indexOf(';');
  const pair = semicolon < 0 ? text : text.slice(0, semicolon);
  const equals = pair.indexOf('=');
  const key = pair.slice(0, Math.max(0, equals)).trim();
  const encoded = pair.slice(equals + 1).trim();
  if (!TOKEN.test(key) || !VALUE.test(encoded)) return undefined;
  try {
    return { key, entry: entryOf(decodeURIComponent(encoded), semicolon < 0 ? '' : text.slice(semicolon + 1).trim()) };
  } catch {
    return undefined; // the percent-encoding is broken
  }
}

function entryOf(value: string, properties: string) {
  return properties === '' ? { value } : { value, metadata: baggageEntryMetadataFromString(properties) };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PROPERTIES = /^[\x20\x21\x23-\x2b\x2d-\x7e]+$/;
const MAX_MEMBERS = 64;
const MAX_CHARS = 8_192;
