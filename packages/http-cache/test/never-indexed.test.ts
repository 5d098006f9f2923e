import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryCacheStore, openDiskCacheStore } from '../src/index.ts';
import type { Answer } from './support/cached-origin.ts';
import { CachedOrigin } from './support/cached-origin.ts';

checkLedger({ beforeEach, afterEach });

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lamella-cache-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe.each(['memory', 'disk'] as const)('fields that nobody may index, in a store in %s', (kind) => {
  const open = async () => (kind === 'disk' ? openDiskCacheStore({ directory }) : memoryCacheStore());

  it('are given as such, also by a store that was opened again', async () => {
    const store = await open();
    const origin = new CachedOrigin(() => marked({ 'X-Token': 'a', 'X-Other': 'b' }, 'x-token'), { store });
    expect((await origin.get()).response.headers.neverIndexed).toEqual(new Set(['x-token']));
    const hit = await origin.get();
    expect([hit.cache, hit.response.headers.neverIndexed]).toEqual(['lamella; hit; ttl=60', new Set(['x-token'])]);
    const again = new CachedOrigin(() => HttpResponse.text('new'), { store: kind === 'disk' ? await open() : store });
    expect((await again.get()).response.headers.neverIndexed).toEqual(new Set(['x-token']));
  });

  it('stay so when a 304 confirms them, and those of the 304 are so, too', async () => {
    const store = await open();
    const answer: Answer = (_request, count) =>
      count === 1
        ? marked({ 'X-Token': 'a', 'X-Old': 'b', ETag: '"v"' }, 'x-token', 'x-old')
        : marked({ 'X-New': 'c', 'X-Old': 'd', 'Set-Cookie': 'e=f', ETag: '"v"' }, 'x-new', 'set-cookie').with({
            status: 304,
          });
    const origin = new CachedOrigin(answer, { store });
    await origin.get();
    origin.pass(61);
    const confirmed = await origin.get();
    expect([confirmed.status, confirmed.response.headers.get('x-old')]).toEqual([200, 'd']);
    expect(confirmed.response.headers.neverIndexed).toEqual(new Set(['x-token', 'x-old', 'x-new', 'set-cookie']));
    const { response } = await origin.get(); // without the cookie, which was for the one before
    expect([...(response.headers.neverIndexed ?? [])].sort()).toEqual(['x-new', 'x-old', 'x-token']);
  });

  it('that belong to one hop leave no mark', async () => {
    const store = await open();
    const origin = new CachedOrigin(() => marked({ Connection: 'x-hop', 'X-Hop': 'a' }, 'x-hop'), { store });
    await origin.get();
    expect((await origin.get()).response.headers.neverIndexed).toBeUndefined();
  });
});

function marked(fields: Record<string, string>, ...names: readonly string[]): HttpResponse {
  const response = HttpResponse.text('content', { headers: { 'Cache-Control': 'max-age=60', ...fields } });
  for (const name of names) response.headers.neverIndex(name);
  return response;
}
