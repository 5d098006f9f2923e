import { networkInterfaces } from 'node:os';
import type { Address } from '@lamella/net-core';
import { parseAddress } from '@lamella/net-core';
import { checkLedger, text } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BindUdpOptions, Datagram, UdpSocket } from '../index.ts';
import { bindUdp, ListenError, UdpError } from '../index.ts';

checkLedger({ beforeEach, afterEach });

const opened: UdpSocket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) await socket.close();
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

describe('bindUdp', () => {
  it.each(['127.0.0.1', 'localhost', ...(hasIpv6 ? ['::1'] : [])])('sends both ways on %s', async (host) => {
    const [one, two] = [await open({ host }), await open({ host })];
    await one.send(Buffer.from('ping'), two.address);
    const ping = await next(two);
    expect(text(ping.data)).toBe('ping');
    expect(shown(ping.from)).toBe(shown(one.address));
    await two.send(Buffer.from('pong'), ping.from);
    expect(text((await next(one)).data)).toBe('pong');
    expect(one.gauges).toEqual({ queued: 0, received: 1, dropped: 0, sent: 1 });
  });

  it.skipIf(!hasIpv6)('reaches IPv4 from a socket on all of IPv6', async () => {
    const [all, one] = [await open({ host: '::' }), await open()];
    await all.send(Buffer.from('mapped'), one.address);
    const { data, from } = await next(one);
    expect(text(data)).toBe('mapped');
    await one.send(Buffer.from('back'), from);
    const back = await next(all);
    await all.send(back.data, back.from); // in the dress it came in
    expect(text((await next(one)).data)).toBe('back');
  });

  it('queues maxQueued datagrams, and drops the newest beyond', async () => {
    const [receiver, sender] = [await open({ maxQueued: 3 }), await open()];
    for (const word of ['a', 'b', 'c']) await sender.send(Buffer.from(word), receiver.address);
    await expect.poll(() => receiver.gauges.received).toBe(3);
    expect(receiver.gauges).toMatchObject({ queued: 3, dropped: 0 });
    for (const word of ['d', 'e']) await sender.send(Buffer.from(word), receiver.address);
    await expect.poll(() => receiver.gauges.received).toBe(5);
    expect(receiver.gauges).toMatchObject({ queued: 3, dropped: 2 });
    expect(text((await next(receiver)).data)).toBe('a');
    await sender.send(Buffer.from('f'), receiver.address);
    await expect.poll(() => receiver.gauges.queued).toBe(3);
    const rest = [await next(receiver), await next(receiver), await next(receiver)];
    expect(rest.map(({ data }) => text(data))).toEqual(['b', 'c', 'f']);
  });

  it('refuses to send what is too large, and drops it when it comes', async () => {
    const [small, large] = [await open({ maxDatagramBytes: 10 }), await open()];
    const tooLarge = { name: 'UdpError', code: 'LML_ERR_UDP_TOO_LARGE' };
    await expect(small.send(new Uint8Array(11), large.address)).rejects.toMatchObject(tooLarge);
    await expect(large.send(new Uint8Array(65_508), small.address)).rejects.toMatchObject(tooLarge);
    await large.send(new Uint8Array(11), small.address);
    await large.send(new Uint8Array(10), small.address);
    expect((await next(small)).data.byteLength).toBe(10);
    expect(small.gauges).toMatchObject({ received: 2, dropped: 1, sent: 0 });
    await large.send(new Uint8Array(0), small.address);
    expect((await next(small)).data.byteLength).toBe(0);
  });

  it('hears its peer alone when connected, and tells that nobody listens there', async () => {
    const [client, server, other] = [await open(), await open(), await open()];
    await client.connect(server.address);
    expect(client.peer).toEqual(server.address);
    await other.send(Buffer.from('no'), client.address).catch(() => {});
    await client.send(Buffer.from('hi'));
    const { from } = await next(server);
    await server.send(Buffer.from('yes'), from);
    expect(text((await next(client)).data)).toBe('yes');
    await expect(client.connect(other.address)).rejects.toThrow('already');
    await expect(client.send(Buffer.from('x'), other.address)).rejects.toThrow('leave the address out');
    await server.close();
    if (process.platform !== 'linux') return;
    const codeOf = ({ code }: { readonly code?: unknown }): unknown => code;
    await expect.poll(() => client.send(Buffer.from('x')).catch(codeOf)).toBe('LML_ERR_UDP_REFUSED');
  });

  it('rejects addresses that no datagram can go to', async () => {
    const socket = await open();
    for (const address of ['app.test:80', '127.0.0.1:0', 'unix:/run/x.sock']) {
      await expect(socket.send(Buffer.from('x'), parseAddress(address))).rejects.toThrow('must be an IP address');
      await expect(socket.connect(parseAddress(address))).rejects.toThrow('must be an IP address');
    }
    await expect(socket.send(Buffer.from('x'))).rejects.toThrow('needs an address');
    await expect(socket.send(Buffer.from('x'), parseAddress('[::1]:9'))).rejects.toMatchObject({
      code: 'LML_ERR_UDP_UNREACHABLE',
    });
  });

  it('ends iterations and sends under way when it closes', async () => {
    const socket = await open();
    const waiting = socket[Symbol.asyncIterator]().next();
    const sending = socket.send(Buffer.from('x'), socket.address);
    const sent = sending.catch((error: unknown) => error);
    await Promise.all([socket.close(), socket.close()]);
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await sent).toBeInstanceOf(UdpError);
    await expect(socket.send(Buffer.from('x'), socket.address)).rejects.toMatchObject({ code: 'LML_ERR_UDP_CLOSED' });
    for await (const _ of socket) expect.unreachable();
  });

  it('says why it cannot be bound', async () => {
    const taken = await open();
    const port = taken.address.type === 'tcp' ? taken.address.port : 0;
    const failure = await bindUdp({ port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).toMatchObject({ code: 'LML_ERR_LISTEN_IN_USE' });
    await expect(bindUdp({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'LML_ERR_LISTEN_NOT_AVAILABLE' });
  });

  it.each([{ port: -1 }, { port: 65_536 }, { maxQueued: 0 }, { maxDatagramBytes: 0 }, { maxDatagramBytes: 65_508 }])(
    'refuses %o',
    async (options) => {
      await expect(bindUdp(options)).rejects.toMatchObject({ name: 'UsageError' });
    },
  );
});

async function open(options?: BindUdpOptions): Promise<UdpSocket> {
  const socket = await bindUdp(options);
  opened.push(socket);
  return socket;
}

async function next(socket: UdpSocket): Promise<Datagram> {
  const { value, done } = await socket[Symbol.asyncIterator]().next();
  if (done === true) throw new Error('the socket is closed');
  return value;
}

function shown(address: Address): string {
  return address.type === 'tcp' ? `${address.host} ${address.port}` : address.path;
}
