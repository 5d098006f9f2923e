import { domainToASCII, domainToUnicode } from 'node:url';
import { AddressError } from '../errors.ts';

/**
 * A domain name in ASCII, lower case, without a trailing dot.
 *
 * @remarks
 * Labels are letters, digits, hyphens and underscores (RFC 1123 section 2.1; the underscore is not in it, but in names that
 * are used), 1 to 63 long, not starting or ending in a hyphen; 253 characters in all. International names are converted by
 * IDNA (UTS 46). A last label that looks like a number makes a name a misspelt IPv4 address, which is refused.
 */
export class Domain {
  readonly type = 'domain' as const;
  /** The name, such as `xn--bcher-kva.example`. */
  readonly name: string;

  /** @param name - Valid already; see {@link parseDomain}. */
  constructor(name: string) {
    this.name = name;
  }

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
  throw new AddressError('LML_ERR_ADDRESS_BAD_DOMAIN', `${JSON.stringify(text.slice(0, 100))} is not a domain name`);
}

/** Parses like {@link parseDomain}. @returns `undefined` if the text is no domain name. */
export function tryParseDomain(text: string): Domain | undefined {
  if (isValidAsciiDomain(text) && !A_LABEL.test(text)) return new Domain(normalised(text));
  // A name in any script; an A-label is converted too, which refuses one that no U-label maps to.
  if (text.length === 0 || text.length > MAX_UNICODE_LENGTH || NEVER_IN_NAME.test(text)) return undefined;
  const ascii = domainToASCII(text);
  return isValidAsciiDomain(ascii) ? new Domain(normalised(ascii)) : undefined;
}

/**
 * Whether `text` is a domain name in ASCII. Quick, for use on every request; does not look into A-labels.
 *
 * @returns False for everything that looks like an IPv4 address, valid or not.
 */
export function isValidAsciiDomain(text: string): boolean {
  return (
    text.length <= MAX_LENGTH + 1 &&
    NAME.test(text) &&
    normalised(text).length <= MAX_LENGTH &&
    !ENDS_IN_NUMBER.test(text)
  );
}

function normalised(text: string): string {
  return (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
}

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`);
const A_LABEL = /(?:^|\.)xn--/i;
/** What a URL parser reads as a number: digits, or hexadecimal with 0x. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i;
/** What would end the host of a URL, or be thrown away by its parser. */
const NEVER_IN_NAME = /[\x00-\x20\x7f#%/:<>?@[\\\]^`{|}]/;
const MAX_LENGTH = 253;
/** Every label in ASCII is at least as long as its international form. */
const MAX_UNICODE_LENGTH = 253;
