/** How much of a URL others learn by Referer. Referrer Policy (W3C). */
export type ReferrerPolicy =
  | 'no-referrer'
  | 'no-referrer-when-downgrade'
  | 'same-origin'
  | 'origin'
  | 'strict-origin'
  | 'origin-when-cross-origin'
  | 'strict-origin-when-cross-origin'
  | 'unsafe-url';

/** The policies, by name. */
export const REFERRER_POLICIES: readonly ReferrerPolicy[] = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
];

/** The last policy of a Referrer-Policy field that is known; `undefined` if there is none. */
export function parseReferrerPolicy(value: string | undefined): ReferrerPolicy | undefined {
  const names = (value ?? '').split(',').map((name) => name.trim().toLowerCase());
  const known = names.findLast((name) => REFERRER_POLICIES.some((policy) => policy === name));
  return REFERRER_POLICIES.find((policy) => policy === known);
}

/**
 * What a Referer becomes on the way to another URL.
 *
 * @param referer - Field value as it was sent.
 * @returns The new value; `undefined` if there is to be none.
 */
export function refererFor(policy: ReferrerPolicy, referer: string, to: URL): string | undefined {
  const from = URL.parse(referer);
  if (from === null) return undefined;
  const isSameOrigin = from.origin === to.origin;
  const isDowngrade = from.protocol === 'https:' && to.protocol !== 'https:';
  switch (policy) {
    case 'no-referrer':
      return undefined;
    case 'unsafe-url':
      return referer;
    case 'origin':
      return originOf(from);
    case 'strict-origin':
      return isDowngrade ? undefined : originOf(from);
    case 'same-origin':
      return isSameOrigin ? referer : undefined;
    case 'origin-when-cross-origin':
      return isSameOrigin ? referer : originOf(from);
    case 'no-referrer-when-downgrade':
      return isDowngrade ? undefined : referer;
    case 'strict-origin-when-cross-origin':
      if (isSameOrigin) return referer;
      return isDowngrade ? undefined : originOf(from);
  }
}

function originOf(url: URL): string {
  return `${url.origin}/`;
}
