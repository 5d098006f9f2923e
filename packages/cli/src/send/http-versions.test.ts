import { describe, expect, it } from 'vitest';
import type { HttpVersionOptions } from './http-versions.ts';
import { protocolsOf } from './http-versions.ts';

describe('protocolsOf', () => {
  it.each<[options: HttpVersionOptions, names: readonly string[]]>([
    [{}, ['h2', 'http/1.1']],
    [{ http2: true }, ['h2', 'http/1.1']],
    [{ http2PriorKnowledge: true }, ['h2']],
    [{ 'http1.1': true }, ['http/1.1']],
  ])('offers for %o %j', (options, names) => {
    expect(protocolsOf(options).map(({ name }) => name)).toEqual(names);
  });

  it('refuses what contradicts itself', () => {
    expect(() => protocolsOf({ 'http1.1': true, http2: true })).toThrow('use either --http1.1 or --http2');
    expect(() => protocolsOf({ 'http1.1': true, http2PriorKnowledge: true })).toThrow('use either');
  });
});
