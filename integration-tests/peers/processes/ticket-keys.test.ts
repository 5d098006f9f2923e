import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { startSource } from '../../support/lamella-process.ts';
import { tlsFiles } from '../cli/tls-files.ts';

describe('processes that share the key of session tickets', { timeout: 60_000 }, () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('go on with sessions of each other, by %s', async (version) => {
    const { ca, pem } = await tlsFiles();
    const cert = await pem(['localhost']);
    const client = readFileSync(await pem(['me.test'], { usages: ['client'] }), 'utf8');
    const key = randomBytes(48).toString('hex');
    const start = async (ticketKey: string): Promise<number> => {
      const worker = startSource(new URL('tls-worker.ts', import.meta.url), {
        CERT: cert,
        CA: ca,
        TICKET_KEY: ticketKey,
      });
      return Number((await worker.printed(/^ready ([0-9]+)$/m))[1]);
    };
    const [first, second, stranger] = await Promise.all([
      start(key),
      start(key),
      start(randomBytes(48).toString('hex')),
    ]);
    /** @returns Whether the session went on, and one to go on with. */
    const visit = async (port: number, session?: Buffer): Promise<[isReused: boolean, session: Buffer | undefined]> => {
      const versions = { minVersion: version, maxVersion: version };
      const who = { ca: readFileSync(ca), cert: client, key: client, servername: 'localhost' };
      const socket = connect({ port, host: '127.0.0.1', ...who, ...versions, ...(session && { session }) });
      let next: Buffer | undefined;
      socket.on('session', (given) => {
        next = given;
      });
      await once(socket, 'secureConnect');
      const isReused = socket.isSessionReused();
      socket.resume();
      await once(socket, 'close');
      return [isReused, next];
    };
    const [isReused, session] = await visit(first);
    expect([isReused, (await visit(second, session))[0], (await visit(stranger, session))[0]]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
