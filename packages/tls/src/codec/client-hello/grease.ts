/**
 * Whether a 16-bit value is one of those that clients send to keep servers tolerant: 0x0a0a, 0x1a1a ... 0xfafa.
 *
 * @remarks
 * Source: RFC 8701 section 2. The values stand for cipher suites, extensions, groups, versions and signature algorithms alike.
 */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}
