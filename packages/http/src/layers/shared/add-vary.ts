import { hasListToken } from '../../message/field-syntax.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';

/** Says that the response depends on request fields, given in their usual case; what Vary says already is not repeated. */
export function addVary(headers: HttpHeaders, ...names: readonly string[]): void {
  const value = headers.get('vary') ?? '';
  if (hasListToken(value, '*')) return;
  const missing = value === '' ? names : names.filter((name) => !hasListToken(value, name.toLowerCase()));
  if (missing.length > 0) headers.append('Vary', missing.join(', '));
}
