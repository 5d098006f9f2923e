import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('has usual values', () => {
    expect(settingsFrom({ PORT: '', CERT_FOLDER: '' })).toEqual({
      port: 8443,
      certFolder: join(tmpdir(), 'lamella-edge-gateway'),
      certCheckMs: 10_000,
      preDrainMs: 0,
      graceMs: 10_000,
      accessLog: 'on',
    });
  });

  it('takes others from the environment', () => {
    const env = {
      PORT: '65535',
      CERT_FOLDER: '/etc/tls',
      CERT_CHECK_MS: '10',
      PRE_DRAIN_MS: '60000',
      GRACE_MS: '0',
      ACCESS_LOG: 'off',
    };
    expect(settingsFrom(env)).toEqual({
      port: 65_535,
      certFolder: '/etc/tls',
      certCheckMs: 10,
      preDrainMs: 60_000,
      graceMs: 0,
      accessLog: 'off',
    });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', 'https'],
    ['CERT_CHECK_MS', '9'],
    ['PRE_DRAIN_MS', '60001'],
    ['GRACE_MS', '-1'],
    ['ACCESS_LOG', 'yes'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => settingsFrom({ [name]: value })).toThrow(new RegExp(`^${name} must be .*"${value}"$`));
  });
});
