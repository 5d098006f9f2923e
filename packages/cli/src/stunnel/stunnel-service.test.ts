import type { Connection, RelayOutcome } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endLine } from './end-line.ts';
import { stunnelService } from './stunnel-service.ts';

describe('stunnelService', () => {
  it('carries bytes both ways, by TLS in the middle, and tells how it ended', async () => {
    const { talk, ends } = await setup();
    expect(await talk('hello')).toBe('hello, too');
    expect(ends.map(({ reason, bytesUp, bytesDown }) => [reason, bytesUp, bytesDown])).toEqual([
      ['eof', 5, 10],
      ['eof', 5, 10],
    ]);
  });

  it('asks for the name that it was told, and for no other', async () => {
    const { talk, failures } = await setup('other.test');
    await expect(talk('hello')).rejects.toMatchObject({ code: expect.stringMatching(/^LML_ERR_STREAM/) });
    expect(failures).toContainEqual(expect.objectContaining({ code: 'LML_ERR_TLS_WRONG_HOST' }));
  });

  it('tells that the exit wanted a certificate, which it says when all seems well', async () => {
    const { talk, lines } = await setup('exit.test', true);
    await expect(talk('hello')).rejects.toMatchObject({ code: expect.stringMatching(/^LML_ERR_STREAM/) });
    expect(lines).toEqual([
      expect.stringMatching(/^\S+ ended by upstream-failed: 5 bytes up, 0 down, [0-9.]+ms; .*certificate_required.*/),
    ]);
  });
});

/** An entry, an exit and a server, all in memory. @param identity - Who the exit has to be. @param wantsCertificate - Whether that asks for one. */
async function setup(identity = 'exit.test', wantsCertificate = false) {
  const authority = await certificateAuthority();
  const { cert, key } = await authority.issue({ names: ['exit.test'] });
  const network = memoryNetwork();
  const ends: RelayOutcome[] = [];
  const failures: unknown[] = [];
  const lines: string[] = [];
  const common = {
    idleTimeoutMs: 10_000,
    lifecycle: createLifecycle(),
    onEnd(end: RelayOutcome, connection: Connection) {
      ends.push(end);
      lines.push(endLine(end, connection));
    },
  };
  const serve = (address: string, service: { serve(connection: Connection): Promise<void> }): void => {
    const listener = network.listen(address);
    onTestFinished(() => listener.close());
    void serveListener(listener, service, { onError: (error) => failures.push(error) });
  };
  serve(
    'origin.test:1',
    serviceFn(async ({ stream }: Connection) => {
      const words = (await stream.read()) ?? Buffer.from('nothing');
      await stream.write([words, Buffer.from(', too')]);
      await stream.closeWrite();
    }),
  );
  const exit = stunnelService({
    ...common,
    target: parseAddress('origin.test:1'),
    secure: false,
    connector: network.connector(),
  });
  const clientAuth = wantsCertificate ? { clientAuth: { mode: 'require', roots: authority.cert } as const } : {};
  serve('exit.test:2', stack(tlsAcceptLayer({ certificates: { cert, key }, ...clientAuth }), exit));
  const tls = tlsConnectLayer({ roots: authority.cert, identity: () => identity });
  const entry = stunnelService({
    ...common,
    target: parseAddress('exit.test:2'),
    secure: true,
    serverName: identity,
    connector: stack(tls, network.connector()),
  });
  serve('entry.test:3', entry);
  const talk = async (words: string): Promise<string> => {
    const { stream } = await network.connector().serve(connectRequest({ target: parseAddress('entry.test:3') }));
    await stream.write([Buffer.from(words)]);
    await stream.closeWrite();
    let answer = '';
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read())
      answer += Buffer.from(chunk);
    await settle(1); // the ends are told in the same turn as the last byte
    return answer;
  };
  return { talk, ends, lines, failures };
}
