import { domainToASCII, domainToUnicode } from 'node:url';
import { AddressError } from '../errors.ts';
import { quoted } from './quoted.ts';
import { whyNoDomain } from './refusal.ts';

/**
 * A domain name in ASCII, lower case, without a trailing dot.
 *
 * @remarks
 * Labels are letters, digits, hyphens and underscores (RFC 1123 section 2.1; the underscore is not in it, but in names that
 * are used), 1 to 63 long, not starting or ending in a hyphen; 253 characters in all. A last label that looks like a number
 * makes a name a misspelt IPv4 address, which is refused.
 *
 * International names are converted by IDNA (UTS 46), of whose mappings only lower case and NFC are allowed. A text with
 * characters that it would replace or drop (circled or full-width letters, the ideographic full stop, soft hyphens) is refused:
 * a filter that sees the text and a resolver that sees the name would not see the same. An A-label (`xn--`) must be what IDNA
 * makes of some U-label. Which characters IDNA knows, and how far it checks writing directions, depends on the version of Node.
 */
export class Domain {
  /** Tells it from an `IpAddress`. */
  readonly type = 'domain' as const;
  /** The name, such as `xn--bcher-kva.example`. */
  readonly name: string;

  /** @param name - Valid already; see {@link parseDomain}. */
  constructor(name: string) {
    this.name = name;
  }

  /** The name in ASCII. */
  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }

  /** The name for people, with its international characters. */
  toUnicode(): string {
    return domainToUnicode(this.name);
  }

  /** Whether both are the same name. */
  equals(other: Domain): boolean {
    return this.name === other.name;
  }

  /** Whether this is `parent` or a name below it. */
  isWithin(parent: Domain): boolean {
    return this.name === parent.name || this.name.endsWith(`.${parent.name}`);
  }
}

/** Parses a domain name. @throws AddressError `LML_ERR_ADDRESS_BAD_DOMAIN`. */
export function parseDomain(text: string): Domain {
  const domain = tryParseDomain(text);
  if (domain !== undefined) return domain;
  throw new AddressError('LML_ERR_ADDRESS_BAD_DOMAIN', `${quoted(text)} is not a domain name: ${whyNoDomain(text)}`);
}

/** Parses like {@link parseDomain}. @returns `undefined` if the text is no domain name. */
export function tryParseDomain(text: string): Domain | undefined {
  const name = isValidAsciiDomain(text) ? normalised(text) : fromUnicode(text);
  if (name === undefined) return undefined;
  return !hasALabel(name) || hasTrueALabels(name) ? new Domain(name) : undefined;
}

/**
 * Whether `text` is a domain name in ASCII. Quick, for use on every request; does not look into A-labels.
 *
 * @returns False for everything that looks like an IPv4 address, valid or not.
 */
export function isValidAsciiDomain(text: string): boolean {
  const end = text.endsWith('.') ? text.length - 1 : text.length;
  if (end > MAX_LENGTH) return false;
  // One pass without allocation: half the time of a regular expression, and nothing that could backtrack.
  let labelStart = 0;
  let last = CLASS_DOT;
  for (let index = 0; index < end; index++) {
    const now = CLASS_OF[text.charCodeAt(index)];
    if (now === CLASS_DOT) {
      if (last !== CLASS_INNER || index - labelStart > MAX_LABEL_LENGTH) return false;
      labelStart = index + 1;
    } else if (now === undefined || now === CLASS_NONE || (now === CLASS_HYPHEN && last === CLASS_DOT)) {
      return false;
    }
    last = now;
  }
  return last === CLASS_INNER && end - labelStart <= MAX_LABEL_LENGTH && !isNumber(text, labelStart, end);
}

/** Whether a label of an ASCII name claims to be an international one, which {@link tryParseDomain} looks into. */
export function hasALabel(text: string): boolean {
  return text.includes('--') && A_LABEL.test(text);
}

/** The name in ASCII of a name in any script. */
function fromUnicode(text: string): string | undefined {
  if (text.length > MAX_UNICODE_LENGTH || !BEYOND_ASCII.test(text) || NEVER_IN_NAME.test(text)) return undefined;
  const ascii = domainToASCII(text);
  if (!isValidAsciiDomain(ascii)) return undefined;
  const shown = text.split('.').map((label) => (hasALabel(label) ? domainToUnicode(label) : lowerCase(label)));
  return domainToUnicode(ascii) === shown.join('.') ? normalised(ascii) : undefined;
}

/** Whether A-labels and U-labels stand for each other. Node 22 and 26 differ in what they convert, so both ways are tried. */
function hasTrueALabels(name: string): boolean {
  const unicode = domainToUnicode(name);
  return !hasALabel(unicode) && !HYPHEN_AT_EDGE.test(unicode) && domainToASCII(unicode) === name;
}

/** By character, as UTS 46 does: as a word, a Greek one would get another sigma at its end. */
function lowerCase(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => character.toLowerCase()).join('');
}

/** Whether a label is what a URL parser reads as a number: digits, or hexadecimal with 0x. */
function isNumber(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start);
  return first >= DIGIT_0 && first <= DIGIT_9 && NUMBER.test(text.slice(start, end));
}

function normalised(text: string): string {
  return (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
}

const CLASS_NONE = 0;
const CLASS_INNER = 1;
const CLASS_HYPHEN = 2;
const CLASS_DOT = 3;
const CLASS_OF: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9_]/.test(character)) return CLASS_INNER;
  if (character === '-') return CLASS_HYPHEN;
  return character === '.' ? CLASS_DOT : CLASS_NONE;
});
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

// Expressions of one character or anchored ones, on texts of bounded length: none can take long.
const A_LABEL = /(?:^|\.)xn--/i;
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/i;
const HYPHEN_AT_EDGE = /(?:^|\.)-|-(?:\.|$)/;
const BEYOND_ASCII = /[^\x00-\x7f]/;
/** What would end the host of a URL, or be thrown away by its parser; and the Kelvin sign, whose lower case is the ASCII k. */
const NEVER_IN_NAME = /[\x00-\x20\x7f#%/:<>?@[\\\]^`{|}\u212a]/;
const MAX_LABEL_LENGTH = 63;
const MAX_LENGTH = 253;
/** A character is one or two units in UTF-16, and at least one in ASCII. */
const MAX_UNICODE_LENGTH = 2 * (MAX_LENGTH + 1);
