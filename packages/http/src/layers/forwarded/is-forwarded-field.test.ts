import { describe, expect, it } from 'vitest';
import { isForwardedField } from './is-forwarded-field.ts';

describe('isForwardedField', () => {
  it.each([
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded',
    'X_FORWARDED_PROTO',
    'X.Forwarded.For',
    'x~forwarded-Ssl',
    'X-Real-IP',
    'x_real_ip',
  ])('knows %s', (name) => expect(isForwardedField(name)).toBe(true));

  it.each(['Forward', 'X-Forward', 'X-Real-IPs', 'From', 'X', '', 'A-X-Forwarded-For'])('does not mean %o', (name) =>
    expect(isForwardedField(name)).toBe(false),
  );
});
