/**
 * Whether a field of a name says who asked, or how: Forwarded, X-Real-IP and everything that begins with X-Forwarded.
 *
 * @remarks
 * Behind CGI and its kind a field is an environment variable, where `_`, `.` and `-` are the same. Frameworks take
 * X-Forwarded-Prefix, -Ssl, -Scheme and others for the truth as well: none of this family is to be believed of a client.
 *
 * @example
 * isForwardedField('X_Forwarded_For'); // true
 */
export function isForwardedField(name: string): boolean {
  const first = name.charCodeAt(0) | LOWER_CASE;
  if (first !== LETTER_X && first !== LETTER_F) return false;
  const plain = plainFieldName(name);
  return plain === 'forwarded' || plain === 'x-real-ip' || plain.startsWith('x-forwarded');
}

/** The name as CGI and its kind see it, in lower case and with `-` for all that is no letter or digit. */
export function plainFieldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

const LOWER_CASE = 0x20;
const LETTER_F = 0x66;
const LETTER_X = 0x78;
