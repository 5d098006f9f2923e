import { HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { requirePeer } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { loadWith } from '../../support/wrk.ts';

useLedger();

describe('our server under load', () => {
  it('answers wrk without one error', async (context) => {
    requirePeer(context, 'wrk');
    const { url, errors } = await serveHttp(() => HttpResponse.text('hello'));

    const { requests, failures } = await loadWith(url);
    expect(failures).toBe(0);
    expect(requests).toBeGreaterThan(16);
    expect(errors).toEqual([]);
  });

  it('answers every request of hey, bodies and all', async (context) => {
    requirePeer(context, 'hey');
    const { url } = await serveHttp(async ({ body }) => HttpResponse.text(await body.text()));

    const { stdout } = await run('hey', ['-n', '2000', '-c', '20', '-m', 'POST', '-d', 'x'.repeat(1000), url]);
    expect(stdout).toContain('[200]\t2000 responses');
    expect(stdout).toContain('Total data:\t2000000 bytes');
    expect(stdout).not.toContain('Error distribution');
  });

  it('answers every request of hey when each comes on a connection of its own', async (context) => {
    requirePeer(context, 'hey');
    const { url } = await serveHttp(() => HttpResponse.text('x'));

    const { stdout } = await run('hey', ['-n', '1000', '-c', '20', '-disable-keepalive', url]);
    expect(stdout).toContain('[200]\t1000 responses');
  });
});
