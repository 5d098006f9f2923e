import { describe, expect, it } from 'vitest';
import { portsFrom } from './ports.ts';

describe('portsFrom', () => {
  it('has usual ports', () => {
    expect(portsFrom({ FORWARD_PORT: '' })).toEqual({ forward: 8080, reverse: 8081 });
  });

  it('takes others from the environment', () => {
    expect(portsFrom({ FORWARD_PORT: '0', REVERSE_PORT: '65535' })).toEqual({ forward: 0, reverse: 65_535 });
  });

  it.each(['65536', '-1', 'http', '80a', ' 80'])('refuses %j', (port) => {
    expect(() => portsFrom({ REVERSE_PORT: port })).toThrow(/^REVERSE_PORT must be a port/);
  });
});
