import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, MemoryNetwork } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, PeerCertificate, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServerTls } from './server-tls.ts';

describe('openServerTls', () => {
  it('shows the certificate for the name, and another one for the name once it was changed', async () => {
    const { folder, authority, pemOf } = await setup();
    const [one, two] = [await pemOf('one.test'), await pemOf('two.test')];
    const settings = { certificates: [one, two], authority: undefined, clientCa: [] };
    const tls = await openServerTls(settings, PARTS);
    const ask = serverOf(tls.layer, authority.cert);
    expect(await ask('one.test')).toEqual(['DNS:one.test']);
    expect(await ask('two.test')).toEqual(['DNS:two.test']);

    await tls.change({ ...settings, certificates: [await pemOf('two.test', 'three.test')] });
    expect(await ask('two.test')).toEqual(['DNS:two.test', 'DNS:three.test']);

    const gone = { certPath: join(folder, 'gone.pem'), keyPath: join(folder, 'gone.pem') };
    await expect(tls.change({ ...settings, certificates: [gone] })).rejects.toThrow(`${gone.certPath} can't be read`);
    expect(await ask('three.test')).toEqual(['DNS:two.test', 'DNS:three.test']);
    tls.close();
  });

  it('makes certificates by an authority, which it makes first if there is none', async () => {
    const { folder } = await setup();
    const place = join(folder, 'ca');
    const notes: string[] = [];
    const settings = { certificates: [], authority: place, clientCa: [] };
    const tls = await openServerTls(settings, { ...PARTS, note: (line) => notes.push(line) });
    const ask = serverOf(tls.layer, readFileSync(join(place, 'ca.pem'), 'utf8'));
    expect(await ask('any.test')).toEqual(['DNS:any.test']);
    expect(await ask('127.0.0.1')).toEqual(['DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1']);
    await tls.change(settings);
    expect(notes).toEqual([
      `certificates come from a new development authority; clients have to trust ${join(place, 'ca.pem')}`,
      `certificates come from the development authority; clients have to trust ${join(place, 'ca.pem')}`,
    ]);
  });

  it('lets in nobody but clients with a certificate, if that is asked for', async () => {
    const { folder, authority, pemOf } = await setup();
    const clientCa = join(folder, 'client-ca.pem');
    writeFileSync(clientCa, authority.cert);
    const settings = { certificates: [await pemOf('one.test')], authority: undefined, clientCa: [clientCa] };
    const tls = await openServerTls(settings, PARTS);
    const pair = await authority.issue({ names: ['client.test'], usages: ['client'] });
    expect(await serverOf(tls.layer, authority.cert, pair)('one.test')).toEqual(['DNS:one.test']);
    await expect(serverOf(tls.layer, authority.cert)('one.test')).rejects.toMatchObject({
      cause: { code: 'LML_ERR_TLS_ALERT', alert: 'certificate_required' },
    });
    tls.close();
  });

  it('tells whoever speaks HTTP in clear that TLS is spoken here', async () => {
    const { pemOf } = await setup();
    const settings = { certificates: [await pemOf('one.test')], authority: undefined, clientCa: [] };
    const tls = await openServerTls(settings, PARTS);
    const network = listening(tls.layer);
    const { stream } = await network.connector().serve(connectRequest({ target: parseAddress('one.test:443') }));
    await stream.write([Buffer.from('GET / HTTP/1.1\r\nHost: one.test\r\n\r\n')]);
    let answer = '';
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read())
      answer += Buffer.from(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*use https:\/\/\n$/s);
    tls.close();
  });
});

async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await certificateAuthority();
  let count = 0;
  const pemOf = async (...names: readonly string[]) => {
    const path = join(folder, `${count++}.pem`);
    const { cert, key } = await authority.issue({ names });
    writeFileSync(path, cert + key);
    return { certPath: path, keyPath: path };
  };
  return { folder, authority, pemOf };
}

type ServerLayer = Awaited<ReturnType<typeof openServerTls>>['layer'];

function listening(layer: ServerLayer): MemoryNetwork {
  const network = memoryNetwork();
  const hello = serviceFn(async ({ stream }: Connection) => {
    await stream.write([Buffer.from('hello')]);
    await stream.closeWrite();
  });
  for (const host of ['one.test', 'two.test', 'three.test', 'any.test', '127.0.0.1']) {
    const listener = network.listen(`${host}:443`);
    onTestFinished(() => listener.close());
    void serveListener(listener, stack(layer, hello), { onError() {} });
  }
  return network;
}

/** Asks a server, once for each connection. @returns A function that gives the names in the certificate. */
function serverOf(layer: ServerLayer, roots: string, clientCertificate?: { cert: string; key: string }) {
  const network = listening(layer);
  const options = { roots, maxSessions: 0, ...(clientCertificate === undefined ? {} : { clientCertificate }) };
  const connector = stack(tlsConnectLayer(options), network.connector());
  return async (host: string): Promise<readonly string[] | undefined> => {
    const request = connectRequest({ target: parseAddress(`${host}:443`), secure: true });
    const { stream, extensions } = await connector.serve(request);
    await stream.read();
    stream.destroy();
    return extensions.get(PeerCertificate)?.subjectAltNames;
  };
}

const PARTS = { bind: parseAddress('127.0.0.1:443'), alpn: [], lifecycle: createLifecycle(), note() {} };
