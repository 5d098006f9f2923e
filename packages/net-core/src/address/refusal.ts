import { quoted } from './quoted.ts';

/**
 * Why a text is no IP address, and what to write instead; for the message of an error, so it may take its time.
 *
 * @param text - Refused already by the parser, which alone decides.
 */
export function whyNoIp(text: string): string {
  if (text.startsWith('[') || /^[0-9.]+:[0-9]+$/.test(text)) return 'an address has no brackets and no port';
  return whyNoText(text) ?? (text.includes(':') ? whyNoIpv6(text) : whyNoIpv4(text));
}

/** Why a text is no domain name; see {@link whyNoIp}. */
export function whyNoDomain(text: string): string {
  const reason = whyNoText(text);
  if (reason !== undefined) return reason;
  const bad = /[^\w.\x80-\u{10ffff}-]/u.exec(text);
  if (bad !== null) return `${quoted(bad[0])} can't be in a name`;
  if (BEYOND_ASCII.test(text)) return 'IDNA does not take it as it is: write the A-labels (xn--)';
  const labels = text.replace(/\.$/, '').split('.');
  if (labels.includes('')) return 'a label is empty';
  if (labels.some((label) => label.length > 63)) return 'a label is at most 63 characters long';
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) return 'a label has a hyphen at its edge';
  if (text.length > 253) return 'a name is at most 253 characters long';
  return LOOKS_LIKE_IP.test(text) ? 'its last label is a number' : 'an A-label (xn--) stands for no international name';
}

/** Why a text is no host; see {@link whyNoIp}. */
export function whyNoHost(text: string): string {
  if (text.startsWith('[')) {
    if (!text.endsWith(']')) return 'a bracket is not closed at the end';
    const inner = text.slice(1, -1);
    return inner.includes(':') ? whyNoIp(inner) : 'brackets hold an IPv6 address only';
  }
  return LOOKS_LIKE_IP.test(text) ? whyNoIp(text) : whyNoDomain(text);
}

/** Why a text is no authority; see {@link whyNoIp}. */
export function whyNoAuthority(text: string): string {
  if (text.includes('/')) return 'scheme and path have no place here';
  if (text.includes('@')) return 'user information is not allowed: leave out what stands up to the @';
  const isBracketed = text.startsWith('[');
  const hostEnd = isBracketed ? text.indexOf(']') + 1 : `${text}:`.indexOf(':');
  if (isBracketed && hostEnd === 0) return 'a bracket is not closed';
  const rest = text.slice(hostEnd);
  const port = rest.slice(1);
  if (rest !== '' && !rest.startsWith(':')) return 'only a colon and a port may stand behind the bracket';
  if (!isBracketed && port.includes(':')) return 'IPv6 needs brackets: write [::1]:80';
  if (rest !== '' && !(PORT.test(port) && Number(port) <= 65_535))
    return 'a port is 0 to 65535, in decimal without leading zeros';
  return hostEnd === 0 ? 'there is no host' : whyNoHost(text.slice(0, hostEnd));
}

function whyNoText(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > MAX_LENGTH) return 'it is too long';
  return BLANK.test(text) ? 'it has a blank or a control character in it' : undefined;
}

function whyNoIpv4(text: string): string {
  if (!/^[0-9]+(?:\.[0-9]+){3}$/.test(text)) return 'write four decimal numbers, or an IPv6 address';
  return /(?:^|\.)0[0-9]/.test(text)
    ? 'write numbers without leading zeros, which others read as octal'
    : 'a number is at most 255';
}

function whyNoIpv6(text: string): string {
  if (text.includes('%')) return 'a zone is 1 to 32 letters, digits, ".", "_", "~" or "-" behind an IPv6 address';
  if (text.split('::').length > 2) return '"::" stands once at most';
  return 'write eight groups of 1 to 4 hexadecimal digits, or fewer with one "::"';
}

/** A colon, or a last label that a URL parser reads as a number. */
const LOOKS_LIKE_IP = /:|(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i;
const BLANK = /[\s\p{Cc}]/u;
const BEYOND_ASCII = /[^\x00-\x7f]/;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
/** What no name and no address reaches; it bounds what the expressions above look at. */
const MAX_LENGTH = 508;
