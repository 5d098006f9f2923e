import { HttpBody, HttpConnectionError, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamRetryOptions } from '../src/index.ts';
import { reverseProxyService, upstreamGroup } from '../src/index.ts';
import type { FakeServer } from './support/fake-servers.ts';
import { ask, FakeServers } from './support/fake-servers.ts';

checkLedger({ beforeEach, afterEach });

describe('an upstream group', () => {
  it.each([0, 16])('blames no server for a body that breaks, with maxBodyBytes %i', async (maxBodyBytes) => {
    const { group, clock, a } = setup({ maxBodyBytes });
    a.answer = async ({ body }) => HttpResponse.text(await body.text());
    async function* broken(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('no gzip');
    }
    const sent = ask(group, { method: 'POST', body: HttpBody.from(broken()) });
    sent.catch(() => {});
    await clock.advanceAsync(500);
    await expect(sent).rejects.toThrow('no gzip');
    expect(group.gauges()[0]).toMatchObject({ active: 0, calls: 1, failures: 0 });
  });

  it('blames no server for a request that can not be sent', async () => {
    const { group, a } = setup();
    a.answer = () => {
      throw new UsageError('no such thing');
    };
    await expect(ask(group)).rejects.toThrow('no such thing');
    expect(group.gauges()[0]).toMatchObject({ active: 0, failures: 0 });
  });

  it('blames a server that breaks off a body', async () => {
    const { group, a } = setup();
    const error = new HttpConnectionError('LML_ERR_HTTP_CONNECTION_CLOSED', 'gone', { processed: 'unknown' });
    a.answer = async ({ body }) => {
      await body.read();
      body.cancel(error);
      throw error;
    };
    await expect(ask(group, { method: 'POST', body: HttpBody.from(['a', 'b']) })).rejects.toBe(error);
    expect(group.gauges()[0]?.failures).toBe(1);
  });

  it('lets go of a response whose fields fail to be edited', async () => {
    const { client, group, a } = setup();
    let isCancelled = false;
    const cancel = (): void => {
      isCancelled = true;
    };
    a.answer = () => HttpResponse.from({ body: HttpBody.fromSource({ read: async () => Buffer.from('x'), cancel }) });
    const proxy = reverseProxyService({
      client,
      routes: [{ upstream: group }],
      editResponse: () => {
        throw new Error('no edit');
      },
    });
    await expect(ask(proxy, { target: '/', headers: { Host: 'x' } })).rejects.toThrow('no edit');
    await settle();
    expect([isCancelled, group.gauges()[0]?.active]).toEqual([true, 0]);
  });
});

/** A group of one server. */
function setup(retries: UpstreamRetryOptions | false = false) {
  const clock = new FakeClock();
  const servers = new FakeServers();
  const [a] = servers.add('a.test:80') as [FakeServer];
  const { client } = servers;
  const group = upstreamGroup({ name: 'api', client, clock, servers: [{ url: a.url }], retries });
  return { clock, client, group, a };
}
