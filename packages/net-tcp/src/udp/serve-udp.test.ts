import { checkLedger, text } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Datagram, UdpSocket } from '../index.ts';
import { bindUdp, serveUdp } from '../index.ts';

checkLedger({ beforeEach, afterEach });

const opened: UdpSocket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) await socket.close();
});

const echo = serviceFn(({ data }: Datagram) => data);

describe('serveUdp', () => {
  it('answers whoever asked, and ends with the socket', async () => {
    const [server, one, two] = [await open(), await open(), await open()];
    const serving = serveUdp(server, echo);
    await one.send(Buffer.from('one'), server.address);
    await two.send(Buffer.from('two'), server.address);
    expect(await heard(one)).toBe('one');
    expect(await heard(two)).toBe('two');
    await server.close();
    await serving;
    expect(serving.gauges).toEqual({ running: 0, answered: 2, dropped: 0, failed: 0 });
  });

  it('answers on a connected socket', async () => {
    const [server, client] = [await open(), await open()];
    await server.connect(client.address);
    void serveUdp(server, echo);
    await client.send(Buffer.from('hi'), server.address);
    expect(await heard(client)).toBe('hi');
  });

  it('tells onError of a service that fails and of an answer that cannot be sent; others go on', async () => {
    const [server, client] = [await open(), await open()];
    const onError = vi.fn();
    const service = serviceFn(async ({ data }: Datagram) => {
      if (text(data) === 'bad') throw new Error('broken');
      return text(data) === 'quiet' ? undefined : new Uint8Array(text(data) === 'large' ? 70_000 : 1);
    });
    const serving = serveUdp(server, service, { onError });
    for (const word of ['bad', 'large', 'quiet', 'good']) await client.send(Buffer.from(word), server.address);
    expect(await heard(client)).toBe('\0');
    await expect.poll(() => serving.gauges).toEqual({ running: 0, answered: 1, dropped: 0, failed: 2 });
    const calls = onError.mock.calls.map(([error, { data }]) => [text(data), error.message]);
    expect(calls).toContainEqual(['bad', 'broken']);
    expect(calls).toContainEqual(['large', expect.stringContaining('70000 bytes')]);
  });

  it('drops what comes above maxConcurrent', async () => {
    const [server, client] = [await open(), await open()];
    const gate = Promise.withResolvers<void>();
    const service = serviceFn(({ data }: Datagram) => gate.promise.then(() => data));
    const serving = serveUdp(server, service, { maxConcurrent: 2 });
    for (const word of ['a', 'b', 'c']) await client.send(Buffer.from(word), server.address);
    await expect.poll(() => serving.gauges).toMatchObject({ running: 2, dropped: 1 });
    gate.resolve();
    expect([await heard(client), await heard(client)].sort()).toEqual(['a', 'b']);
    await client.send(Buffer.from('d'), server.address);
    expect(await heard(client)).toBe('d');
    expect(() => serveUdp(server, echo, { maxConcurrent: 0 })).toThrow('maxConcurrent');
  });

  it('closes at once in a drain when nothing is under way', async () => {
    const lifecycle = createLifecycle();
    const serving = serveUdp(await open(), echo, { lifecycle });
    const { protocols } = await lifecycle.drain();
    await serving;
    expect(protocols).toEqual({ udp: { finished: 0, closed: 1, cut: 0 } });
  });

  it('answers what is under way in a drain, and drops what comes meanwhile', async () => {
    const lifecycle = createLifecycle();
    const [server, client] = [await open(), await open()];
    const gate = Promise.withResolvers<void>();
    const service = serviceFn(({ data }: Datagram) => gate.promise.then(() => data));
    const serving = serveUdp(server, service, { lifecycle });
    await client.send(Buffer.from('early'), server.address);
    await expect.poll(() => serving.gauges.running).toBe(1);
    const draining = lifecycle.drain();
    await expect.poll(() => lifecycle.phase).toBe('draining');
    await client.send(Buffer.from('late'), server.address);
    await expect.poll(() => serving.gauges.dropped).toBe(1);
    gate.resolve();
    expect(await heard(client)).toBe('early');
    expect((await draining).protocols).toEqual({ udp: { finished: 1, closed: 0, cut: 0 } });
    await serving;
  });

  it('is cut when the grace is over', async () => {
    const lifecycle = createLifecycle();
    const [server, client] = [await open(), await open()];
    const onError = vi.fn();
    const gate = Promise.withResolvers<void>();
    const service = serviceFn(({ data }: Datagram) => gate.promise.then(() => data));
    const serving = serveUdp(server, service, { lifecycle, onError });
    await client.send(Buffer.from('stuck'), server.address);
    await expect.poll(() => serving.gauges.running).toBe(1);
    const { protocols, unfinishedTasks } = await lifecycle.drain({ graceMs: 10 });
    expect(protocols).toEqual({ udp: { finished: 0, closed: 0, cut: 1 } });
    expect(unfinishedTasks).toEqual(['datagram']);
    gate.resolve();
    await serving;
    await expect.poll(() => serving.gauges.running).toBe(0);
    expect(onError).not.toHaveBeenCalled(); // the answer is lost with the socket, which is nobody's failure
  });
});

async function open(): Promise<UdpSocket> {
  const socket = await bindUdp();
  opened.push(socket);
  return socket;
}

async function heard(socket: UdpSocket): Promise<string> {
  const { value, done } = await socket[Symbol.asyncIterator]().next();
  return done === true ? 'closed' : text(value.data);
}
