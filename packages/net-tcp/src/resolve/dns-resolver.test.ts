import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseDomain, resolveRequest } from '@lamella/net-core';
import { AbortScope } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dnsResolver } from './dns-resolver.ts';

describe('dnsResolver', () => {
  it('gives the addresses of a family, for as long as the shortest record holds', async () => {
    const server = await openServer();
    const resolver = dnsResolver({ servers: [server] });
    const found = await resolver.serve(resolveRequest(parseDomain('two.test'), 4));
    expect([found.join(), found.ttlMs]).toEqual(['192.0.2.7,192.0.2.8', 20_000]);
    const found6 = await resolver.serve(resolveRequest(parseDomain('two.test'), 6));
    expect([found6.join(), found6.ttlMs]).toEqual(['2001:db8::7', 60_000]);
  });

  it('tells a name that does not exist, one without addresses, and a server that fails apart', async () => {
    const resolver = dnsResolver({ servers: [await openServer()] });
    const ask = (name: string) => resolver.serve(resolveRequest(parseDomain(name), 4));
    await expect(ask('missing.test')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_NOT_FOUND',
      message: 'missing.test does not exist',
    });
    expect(await ask('empty.test')).toEqual([]);
    await expect(ask('broken.test')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
      facts: { phase: 'resolve', layer: 'dns', peer: 'broken.test', protocolCode: 'ESERVFAIL' },
    });
  });

  it('gives up in time, at an abort, and before it begins', async () => {
    const clock = new FakeClock();
    const resolver = dnsResolver({ servers: [await openServer()], timeoutMs: 300, clock });
    const late = resolver.serve(resolveRequest(parseDomain('silent.test'), 4)).catch((error: unknown) => error);
    await settle();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(300);
    expect(await late).toMatchObject({
      message: 'silent.test could not be looked up within 300 ms',
      cause: { code: 'LML_ERR_TIMEOUT', timeoutMs: 300 },
    });

    const scope = new AbortScope();
    const left = resolver.serve(resolveRequest(parseDomain('silent.test'), 4, { scope }));
    scope.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(resolver.serve(resolveRequest(parseDomain('two.test'), 4, { scope }))).rejects.toThrow('left');
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps neither files nor other names waiting for a server that does not answer', async () => {
    const clock = new FakeClock();
    const resolver = dnsResolver({ servers: [await openServer()], clock });
    const silent = Array.from({ length: 64 }, () =>
      resolver.serve(resolveRequest(parseDomain('silent.test'), 4)).catch(() => 'given up'),
    );
    expect((await readFile(import.meta.filename)).length).toBeGreaterThan(0);
    expect(await resolver.serve(resolveRequest(parseDomain('two.test'), 4))).toHaveLength(2);
    clock.advance(5_000);
    expect(new Set(await Promise.all(silent))).toEqual(new Set(['given up']));
  });

  it('refuses options out of their range', () => {
    expect(() => dnsResolver({ timeoutMs: 0 })).toThrow('timeoutMs');
    expect(() => dnsResolver({ servers: [] })).toThrow('servers');
    expect(() => dnsResolver({ servers: ['no address'] })).toThrow('servers must be IP addresses');
  });
});

/** A name server for a few names of `.test`. @returns Its address. */
async function openServer(): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const [name, type] = questionOf(query);
    if (name === 'silent.test') return;
    const code = name === 'missing.test' ? 3 : name === 'broken.test' ? 2 : 0;
    socket.send(answerTo(query, code, name === 'two.test' ? (RECORDS[type] ?? []) : []), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** Name and type that a query asks for. RFC 1035 section 4.1.2. */
function questionOf(query: Buffer): [name: string, type: number] {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return [labels.join('.').toLowerCase(), query.readUInt16BE(at + 1)];
}

function answerTo(query: Buffer, code: number, records: readonly AnswerRecord[]): Buffer {
  const end = query.indexOf(0, HEADER_BYTES) + 5; // behind the one question; what follows it is left out
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(records.length, 6);
  head.fill(0, 8, HEADER_BYTES);
  const answers = records.map(({ type, ttl, data }) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0); // the name of the question
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, ...answers]);
}

interface AnswerRecord {
  readonly type: number;
  readonly ttl: number;
  readonly data: Buffer;
}

const HEADER_BYTES = 12;
const [A, AAAA] = [1, 28];
const RECORDS: Readonly<Record<number, readonly AnswerRecord[]>> = {
  [A]: [
    { type: A, ttl: 60, data: Buffer.from([192, 0, 2, 7]) },
    { type: A, ttl: 20, data: Buffer.from([192, 0, 2, 8]) },
  ],
  [AAAA]: [{ type: AAAA, ttl: 60, data: Buffer.from('20010db8000000000000000000000007', 'hex') }],
};
