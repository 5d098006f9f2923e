import { splitList, splitTokens } from '../../message/field-syntax.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';

/** What {@link removeHopByHop} leaves although it is meant for one hop. */
export interface HopByHopOptions {
  /** Leaves `Upgrade`, and `Connection` as `Upgrade`: the next hop is asked to switch as well. */
  readonly keepsUpgrade: boolean;
}

/**
 * Removes the fields that are meant for one hop only. RFC 9110 section 7.6.1.
 *
 * @remarks
 * That is Connection with all the fields it names, and the ones known to be such. A client can't use Connection to take away what
 * the message needs on every hop, such as Host. Order and case of everything else stay.
 *
 * @returns Whether a field of a name, in lower case, must not go on as a trailer of this message: what is for one hop, and what
 * means something for the whole message. RFC 9110 section 6.5.1: some recipients take trailers for headers, after all checks.
 *
 * @example
 * const headers = HttpHeaders.from({ Connection: 'X-Private', 'X-Private': '1', Accept: 'text/html' });
 * removeHopByHop(headers, { keepsUpgrade: false });
 * headers.toJSON(); // [['Accept', 'text/html']]
 */
export function removeHopByHop(headers: HttpHeaders, options: HopByHopOptions): (name: string) => boolean {
  const named = namedByConnection(headers);
  const keepsTrailersAsked = headers.has('te') && hasTrailersToken(headers);
  const isForOneHop = (name: string): boolean => KNOWN.has(name) || (named.has(name) && !END_TO_END.has(name));
  headers.deleteWhere((name) => {
    if (named.size === 0 && !LENGTHS.has(name.length)) return false; // most names are too long or too short to be one
    const lower = name.toLowerCase();
    return lower === 'upgrade' ? !options.keepsUpgrade : isForOneHop(lower);
  });
  // RFC 9110 section 10.1.4: `trailers` is all that TE may say on the next hop, and we do pass trailers on.
  if (keepsTrailersAsked) headers.append('TE', 'trailers');
  if (options.keepsUpgrade) headers.append('Connection', keepsTrailersAsked ? 'Upgrade, TE' : 'Upgrade');
  else if (keepsTrailersAsked) headers.append('Connection', 'TE');
  return (name) => name === 'upgrade' || END_TO_END.has(name) || NEVER_BEHIND.has(name) || isForOneHop(name);
}

function namedByConnection(headers: HttpHeaders): ReadonlySet<string> {
  if (!headers.has('connection')) return NONE;
  return new Set(headers.getAll('connection').flatMap((value) => splitTokens(value.toLowerCase())));
}

function hasTrailersToken(headers: HttpHeaders): boolean {
  return headers.getAll('te').some((value) => splitList(value.toLowerCase()).includes('trailers'));
}

const KNOWN: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
]);

/** Lengths of the names of {@link KNOWN}, and of Upgrade. */
const LENGTHS: ReadonlySet<number> = new Set([...KNOWN, 'upgrade'].map((name) => name.length));
const NONE: ReadonlySet<string> = new Set();

/** A message that loses one of these on the way means something else, or nothing. */
const END_TO_END: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'forwarded',
  'host',
  'max-forwards',
  'range',
  'set-cookie',
  'trailer',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]);

/**
 * What has to be known before the content comes: conditions, credentials, what caches and clients make of a response. RFC 9110
 * section 6.5.1; these can be named by Connection.
 */
const NEVER_BEHIND: ReadonlySet<string> = new Set([
  'age',
  'date',
  'expect',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'pragma',
  'retry-after',
  'vary',
  'warning',
  'www-authenticate',
]);
