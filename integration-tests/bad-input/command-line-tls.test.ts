import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { tlsFiles } from '../peers/cli/tls-files.ts';
import { temporaryFile } from '../support/temporary-folder.ts';
import { expectRefused } from './support/expect-refused.ts';

/** CA: roots; PEM: a certificate with its key; KEY: another key; NONE: no file. */
describe('a command that is told to speak TLS in a way that makes no sense', { timeout: 120_000 }, () => {
  it.each<[what: string, code: number, command: string, says: string | RegExp]>([
    ['a certificate without TLS', 2, 'serve echo --cert PEM', '--cert needs --tls'],
    ['clients without TLS', 2, 'serve echo --client-ca CA', '--client-ca needs --tls'],
    ['a key without its certificate', 2, 'serve echo --tls --key KEY', /there are 0 --cert and 1 --key/],
    ['the key of another certificate', 1, 'serve echo --tls --cert PEM --key KEY', /PEM and KEY can't be used: .+/],
    ['a certificate without a key', 1, 'serve echo --tls --cert CA', /CA can't be used: .+/],
    ['a certificate that is not there', 1, 'serve echo --tls --cert NONE', /NONE/],
    [
      'clients of an authority that is none',
      1,
      'serve echo --tls --cert PEM --client-ca KEY',
      /KEY can't be used as roots/,
    ],
    ['a version that there is not', 2, 'serve echo --tls --http-version h3', /Allowed choices are auto, h1, h2/],
    [
      'roots of upstreams that are none',
      1,
      'serve reverse --to https://a --upstream-cacert KEY',
      /KEY can't be used as roots/,
    ],
    [
      'one of two',
      1,
      'serve reverse --to https://a --upstream-cacert CA --upstream-cacert KEY',
      /KEY can't be used as roots/,
    ],
    [
      'roots of upstreams that are not there',
      1,
      'serve reverse --to https://a --upstream-cacert NONE',
      /NONE can't be read/,
    ],
    ['a probe with roots that are none', 77, 'probe tls --cacert KEY :1', /--cacert: KEY can't be used as roots/],
    ['an exit to nowhere', 2, 'serve stunnel exit --forward nowhere', /"nowhere" is not an address/],
    ['an entry without an exit', 2, 'serve stunnel entry', /--forward/],
    ['an exit that is nobody', 2, 'serve stunnel entry --forward unix:/x', /--server-name says who the exit has to be/],
    ['an entry with a key alone', 2, 'serve stunnel entry --forward a.test:1 --key KEY', '--key needs --cert'],
    [
      'an entry with roots that are none',
      1,
      'serve stunnel entry --forward a.test:1 --cacert KEY',
      /KEY can't be used as roots/,
    ],
    ['an entry with a pin that is none', 2, 'serve stunnel entry --forward a.test:1 --pin x', /pin/],
    [
      'a leaf of an authority that is not there',
      1,
      'cert leaf --ca NONE',
      /there is no authority in NONE; `lamella cert ca`/,
    ],
    [
      'an authority within a file',
      1,
      'serve echo --tls --ca PEM/x',
      /the authority in PEM\/x can't be used: not a dir/,
    ],
    ['a leaf of one', 1, 'cert leaf --ca PEM/x', /the authority in PEM\/x can't be used: not a directory/],
    ['a leaf for a name that is none', 2, 'cert leaf --dns a_b!', /write a host name/],
    ['a leaf for all of a domain of the first level', 2, 'cert leaf --dns *.com', /write a host name/],
    ['a leaf for an address that is none', 2, 'cert leaf --ip 300.1.1.1', /write an IP address/],
    ['a certificate for no time', 2, 'cert self-signed --days 0', /from 1 to 99999/],
    ['an authority without a name', 2, 'cert ca --name= --out NONE', /write 1 to 64 characters/],
    ['a probe of nothing', 2, 'probe tls', /missing required argument/],
    ['a probe of another scheme', 3, 'probe tls http://a.test', /is no server/],
    ['a probe where nobody listens', 7, 'probe tls 127.0.0.1:1', /refused/],
    ['both versions of HTTP', 2, 'send --http2 --http1.1 https://127.0.0.1:1', 'use either --http1.1 or --http2'],
    ['a proxy of another scheme', 1, 'send -x ftp://127.0.0.1:1 https://127.0.0.1:1', /ftp/],
  ])('%s ends with %i', async (_what, code, command, says) => {
    const { ca, pem, folder } = await tlsFiles();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = temporaryFile('other.key', privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const files: Record<string, string> = {
      CA: ca,
      PEM: await pem(['localhost']),
      KEY: key,
      NONE: join(folder, 'none'),
    };
    const filledIn = (text: string): string => text.replace(/\b(?:CA|PEM|KEY|NONE)\b/g, (name) => files[name] ?? name);
    const escaped = typeof says === 'string' ? says : new RegExp(filledIn(says.source));
    const bind = command.startsWith('serve') ? ['--bind', '127.0.0.1:0'] : [];
    await expectRefused([...command.split(' ').map(filledIn), ...bind], code, escaped);
  });
});
