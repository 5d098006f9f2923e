import { describe, expect, it } from 'vitest';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('has usual values', () => {
    expect(settingsFrom({ PORT: '' })).toEqual({ port: 8083, preDrainMs: 0 });
  });

  it('takes others from the environment', () => {
    expect(settingsFrom({ PORT: '65535', PRE_DRAIN_MS: '60000' })).toEqual({ port: 65_535, preDrainMs: 60_000 });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['PRE_DRAIN_MS', '60001'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => settingsFrom({ [name]: value })).toThrow(new RegExp(`^${name} must be .*"${value}"$`));
  });
});
