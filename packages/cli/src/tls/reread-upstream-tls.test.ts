import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import type { CertificateAuthority } from '@lamella/tls';
import { certificateAuthority, tlsAcceptLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rereadUpstreamTls } from './reread-upstream-tls.ts';

describe('rereadUpstreamTls', () => {
  it('trusts what the files say since the last SIGHUP, as long as they can be used', async () => {
    const [first, second] = [await certificateAuthority(), await certificateAuthority()];
    const { changes, connect, notes, signals, write } = await setup(second);
    write(first.cert);
    const tls = connect();
    await expect(tls.connect()).rejects.toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_CA' });

    write(second.cert);
    await expect(tls.connect()).rejects.toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_CA' });
    signals.emit('SIGHUP');
    await tls.connect();

    write('no certificate');
    signals.emit('SIGHUP');
    await tls.connect();
    expect([changes(), notes]).toEqual([
      1,
      [
        'the certificates for connecting were read anew',
        expect.stringMatching(/^the certificates for connecting stay as they were: .+/),
      ],
    ]);
  });

  it('leaves the signal alone where there are no files', async () => {
    const { signals } = await setup(await certificateAuthority());
    rereadUpstreamTls({ ca: [], cert: undefined, key: undefined, insecure: true }, { note() {}, signals });
    expect(signals.listenerCount('SIGHUP')).toBe(0);
  });
});

/** A server in memory whose certificate is of `authority`, and a file with roots. */
async function setup(authority: CertificateAuthority) {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'ca.pem');
  const signals = new EventEmitter();
  const notes: string[] = [];
  let changes = 0;
  const accept = tlsAcceptLayer({ certificates: await authority.issue({ names: ['a.test'] }) });
  const network = memoryNetwork();
  const listener = network.listen('a.test:443');
  onTestFinished(() => listener.close());
  void serveListener(
    listener,
    stack(
      accept,
      serviceFn(async ({ stream }: Connection) => stream.destroy()),
    ),
    { onError() {} },
  );
  return {
    notes,
    signals,
    changes: () => changes,
    write: (content: string) => writeFileSync(path, content),
    connect() {
      const tls = rereadUpstreamTls(
        { ca: [path], cert: undefined, key: undefined, insecure: false },
        { note: (line) => notes.push(line), signals, onChange: () => changes++ },
      );
      const connector = tls(network.connector());
      return {
        async connect(): Promise<void> {
          const { stream } = await connector.serve(
            connectRequest({ target: parseAddress('a.test:443'), secure: true }),
          );
          stream.destroy();
        },
      };
    },
  };
}
