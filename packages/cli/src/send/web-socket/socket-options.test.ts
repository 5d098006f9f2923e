import { describe, expect, it } from 'vitest';
import type { SendOptions } from '../send-options.ts';
import { isWebSocketUrl, requireSocketOptions } from './socket-options.ts';

describe('isWebSocketUrl', () => {
  it.each(['ws://h', 'WSS://h/x'])('is one: %s', (url) => expect(isWebSocketUrl(url)).toBe(true));
  it.each(['http://ws://', 'ws', 'ws:80', 'wsx://h', ':80/ws://'])('is none: %s', (url) => {
    expect(isWebSocketUrl(url)).toBe(false);
  });
});

describe('requireSocketOptions', () => {
  const usual: SendOptions = { maxRedirs: 50, connectTimeout: 10_000, retry: 0 };

  it('takes what means something to a WebSocket', () => {
    requireSocketOptions({ ...usual, header: ['a: b'], user: 'me:pw', verbose: true, compressed: true, proxy: 'p' });
  });

  it.each<[flag: string, options: Partial<SendOptions>]>([
    ['-X', { request: 'GET' }],
    ['-I', { head: true }],
    ['-F', { form: [] }],
    ['-T', { uploadFile: 'f' }],
    ['-o', { output: 'f' }],
    ['-i', { include: true }],
    ['-L', { location: true }],
    ['--har', { har: 'f' }],
    ['--curl', { curl: true }],
    ['--retry', { retry: 1 }],
  ])('refuses %s', (flag, options) => {
    const failure = { exitCode: 2, message: `${flag} means nothing to a WebSocket` };
    expect(() => requireSocketOptions({ ...usual, ...options })).toThrow(expect.objectContaining(failure));
  });
});
