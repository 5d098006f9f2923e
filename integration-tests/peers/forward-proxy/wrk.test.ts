import { HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import { loadWith } from '../../support/wrk.ts';

usePeers('wrk');
useLedger();

describe('our forward proxy under load', () => {
  it('answers wrk, which asks for whole URLs, without one error', async () => {
    const origin = await serveHttp(() => HttpResponse.text('hello'));
    const proxy = await serveForwardProxy();
    const script = temporaryFile(
      'absolute.lua',
      `function request() return wrk.format("GET", "${origin.url}/path") end`,
    );
    const { requests, failures } = await loadWith(proxy.url, '-s', script);
    expect(failures).toBe(0);
    expect(requests).toBeGreaterThan(16);
    expect([...proxy.errors, ...origin.errors]).toEqual([]);
  });
});
