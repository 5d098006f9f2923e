import { UsageError } from '@lamella/service-core';

/**
 * The option that lists origins, as they stand in the Origin field: scheme, host and port where it is not the scheme's own.
 *
 * @throws UsageError for what no browser would ever send, such as a slash at the end, capitals, or the port 443 of https. `null`,
 * which every sandbox and local file sends, passes only where `allowsNull`.
 */
export function originSet(option: string, origins: readonly string[], allowsNull: boolean): ReadonlySet<string> {
  if (!Array.isArray(origins)) throw new UsageError(`${option} must be a list of origins`);
  for (const origin of origins) {
    if (allowsNull && origin === 'null') continue;
    if (typeof origin === 'string' && ORIGIN.test(origin) && !isWrongUrl(origin)) continue;
    throw new UsageError(`${option} must hold origins such as "https://a.test", got ${JSON.stringify(origin)}`);
  }
  return new Set(origins);
}

/** Of http and https, whose spelling is known, the one that browsers send. */
function isWrongUrl(origin: string): boolean {
  return /^https?:/.test(origin) && !(URL.canParse(origin) && new URL(origin).origin === origin);
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s"*]+$/;
