import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('has usual values', () => {
    const certFolder = join(tmpdir(), 'lamella-grpc-chat');
    expect(settingsFrom({ PORT: '', TLS: '' })).toEqual({ port: 8085, tls: 'off', certFolder, preDrainMs: 0 });
  });

  it('takes others from the environment', () => {
    const env = { PORT: '65535', TLS: 'on', CERT_FOLDER: '/etc/tls', PRE_DRAIN_MS: '60000' };
    expect(settingsFrom(env)).toEqual({ port: 65_535, tls: 'on', certFolder: '/etc/tls', preDrainMs: 60_000 });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['TLS', 'yes'],
    ['PRE_DRAIN_MS', '60001'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => settingsFrom({ [name]: value })).toThrow(new RegExp(`^${name} must be .*"${value}"$`));
  });
});
