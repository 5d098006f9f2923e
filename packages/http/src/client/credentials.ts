import { UsageError } from '@lamella/service-core';

/**
 * User and password as the `Basic` scheme wants them, without the word `Basic`. RFC 7617 section 2; in UTF-8.
 *
 * @throws UsageError that tells neither of the two.
 */
export function basicCredentials(user: string, password: string): string {
  if (user.includes(':')) throw new UsageError('the user of basic credentials must not hold a colon');
  if (CONTROLS.test(user) || CONTROLS.test(password)) {
    throw new UsageError('user and password of basic credentials must not hold control characters');
  }
  return Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
}

/** A bearer token, checked. RFC 6750 section 2.1. @throws UsageError that does not tell it. */
export function bearerCredentials(token: string): string {
  if (!TOKEN68.test(token))
    throw new UsageError('a bearer token holds letters, digits and -._~+/ only, and = at its end');
  return token;
}

const CONTROLS = /[\x00-\x1f\x7f]/;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
