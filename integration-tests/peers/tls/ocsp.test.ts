import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { lamella } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl', 'openssl');

/** Responses made by openssl, and judged by us as curl does. */
describe('send and curl ask for the status of a certificate', () => {
  it.each<[code: number, what: string, options: Options]>([
    [0, 'one that is good', {}],
    [0, 'one that somebody says in the name of the issuer', { signer: 'responder' }],
    [91, 'none', { signer: 'nobody' }],
    [91, 'one that is revoked', { status: 'R' }],
    [91, 'one that somebody else says', { signer: 'other' }],
  ])('and end with %i for %s', async (code, _what, options) => {
    const { folder, port } = await serverWith(options);
    const url = `https://localhost:${port}/`;
    const args = ['--cert-status', '--cacert', join(folder, 'ca.pem'), '--resolve', `localhost:${port}:127.0.0.1`, url];
    const [ours, theirs] = [await lamella(['send', ...args]), await curl(...args)];
    expect([ours.code, theirs.code], ours.stderr).toEqual([code, code]);
  });
});

interface Options {
  /** `V` for valid, `R` for revoked, in the index of the authority. */
  readonly status?: 'V' | 'R';
  readonly signer?: 'ca' | 'responder' | 'other' | 'nobody';
}

/** `openssl s_server` with a certificate of an authority, and a response about it. */
async function serverWith({ status = 'V', signer = 'ca' }: Options) {
  const folder = temporaryFolder();
  const openssl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run('openssl', args, { cwd: folder });
    if (code !== 0) throw new Error(stderr);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'other']) {
    await openssl(
      'req',
      '-x509',
      '-days',
      '1',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      `/CN=${name}`,
    );
  }
  for (const [name, extensions] of [
    ['server', 'subjectAltName=DNS:localhost'],
    ['responder', 'extendedKeyUsage=OCSPSigning'],
  ] as const) {
    await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(folder, 'extensions'), extensions);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', name === 'server' ? '4660' : '2', '-days', '1'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-extfile', 'extensions', '-out', `${name}.pem`);
  }
  const revokedAt = status === 'R' ? '260101000000Z' : '';
  writeFileSync(join(folder, 'index.txt'), `${status}\t991231235959Z\t${revokedAt}\t1234\tunknown\t/CN=server\n`);
  if (signer !== 'nobody') {
    await openssl('ocsp', '-issuer', 'ca.pem', '-cert', 'server.pem', '-reqout', 'request.der');
    const by = ['-CA', 'ca.pem', '-rsigner', `${signer}.pem`, '-rkey', `${signer}.key`];
    await openssl(
      'ocsp',
      '-index',
      'index.txt',
      ...by,
      '-reqin',
      'request.der',
      '-respout',
      'response.der',
      '-ndays',
      '1',
    );
  }
  const port = await freePort();
  const at = (name: string): string => join(folder, name);
  const stapled = signer === 'nobody' ? [] : ['-status_file', at('response.der')];
  // curl finds the issuer only if the server sends it.
  const pair = ['-cert', at('server.pem'), '-key', at('server.key'), '-cert_chain', at('ca.pem')];
  const server = startProcess('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...pair, ...stapled, '-www']);
  await server.printed(/ACCEPT/);
  return { folder, port };
}
