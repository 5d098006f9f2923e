import { describe, expect, it } from 'vitest';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('has usual values', () => {
    expect(settingsFrom({ PORT: '' })).toEqual({ port: 8086, gatewayPort: 8087 });
  });

  it('takes others from the environment', () => {
    expect(settingsFrom({ PORT: '0', GATEWAY_PORT: '65535' })).toEqual({ port: 0, gatewayPort: 65_535 });
  });

  it.each([
    ['PORT', '65536'],
    ['GATEWAY_PORT', 'http'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => settingsFrom({ [name]: value })).toThrow(new RegExp(`^${name} must be .*"${value}"$`));
  });
});
