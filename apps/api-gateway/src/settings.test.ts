import { describe, expect, it } from 'vitest';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('has usual values', () => {
    expect(settingsFrom({ PORT: '', REDIS_URL: '' })).toEqual({
      port: 8082,
      keys: [
        { name: 'ann', token: 'demo-key-of-ann' },
        { name: 'bob', token: 'demo-key-of-bob' },
      ],
      corsOrigins: ['http://127.0.0.1:8083'],
      limit: 20,
      windowMs: 60_000,
      redisUrl: undefined,
      redisTimeoutMs: 250,
      onStoreError: 'allow',
      preDrainMs: 0,
    });
  });

  it('takes others from the environment', () => {
    const env = {
      PORT: '0',
      API_KEYS: 'c-3:12345678==',
      CORS_ORIGINS: 'http://a.test,http://b.test',
      RATE_LIMIT: '1',
      RATE_WINDOW_MS: '1000',
      REDIS_URL: 'redis://127.0.0.1:1',
      REDIS_TIMEOUT_MS: '1',
      RATE_LIMIT_WITHOUT_REDIS: 'deny',
      PRE_DRAIN_MS: '60000',
    };
    expect(settingsFrom(env)).toEqual({
      port: 0,
      keys: [{ name: 'c-3', token: '12345678==' }],
      corsOrigins: ['http://a.test', 'http://b.test'],
      limit: 1,
      windowMs: 1_000,
      redisUrl: 'redis://127.0.0.1:1',
      redisTimeoutMs: 1,
      onStoreError: 'deny',
      preDrainMs: 60_000,
    });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['RATE_LIMIT', '0'],
    ['RATE_WINDOW_MS', '999'],
    ['REDIS_TIMEOUT_MS', '0'],
    ['RATE_LIMIT_WITHOUT_REDIS', 'maybe'],
    ['PRE_DRAIN_MS', '-1'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => settingsFrom({ [name]: value })).toThrow(new RegExp(`^${name} must be .*"${value}"$`));
  });

  it.each([':', 'ann', 'ann:short', 'ann:has space', 'ann:12345678,'])('refuses the keys %j', (keys) => {
    expect(() => settingsFrom({ API_KEYS: keys })).toThrow(/^API_KEYS must be such as/);
  });

  it.each(['nonsense', '127.0.0.1:6379', 'http://127.0.0.1'])('refuses the Redis at %s', (url) => {
    expect(() => settingsFrom({ REDIS_URL: url })).toThrow('REDIS_URL must be such as redis://127.0.0.1:6379');
  });

  it('shows no key in its message', () => {
    expect(() => settingsFrom({ API_KEYS: 'ann:very secret' })).not.toThrow(/very secret/);
  });
});
