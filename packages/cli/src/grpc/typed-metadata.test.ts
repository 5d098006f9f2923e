import { describe, expect, it } from 'vitest';
import { typedMetadata } from './typed-metadata.ts';

describe('typedMetadata', () => {
  it('takes text, and bytes as Base64', () => {
    const metadata = typedMetadata(['X-Room: kitchen', 'x-empty:', 'x-key-bin: aGk', 'x-key-bin:aG8=']);
    expect(
      [...metadata].map(([name, value]) => [name, typeof value === 'string' ? value : String(Buffer.from(value))]),
    ).toEqual([
      ['x-room', 'kitchen'],
      ['x-empty', ''],
      ['x-key-bin', 'hi'],
      ['x-key-bin', 'ho'],
    ]);
  });

  it.each(['x', 'x y: z', 'x-bin: !', 'grpc-status: 0', 'x: \u00e9'])('refuses %s', (line) => {
    expect(() => typedMetadata([line])).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
