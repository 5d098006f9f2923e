import { describe, expect, it } from 'vitest';
import { version } from '../version.ts';
import { curlCommand } from './curl-command.ts';
import { planOf } from './plan-of.ts';
import { ResponseHeads } from './response-heads.ts';
import type { SendOptions } from './send-options.ts';
import { silentTranscript } from './verbose.ts';

const PLAIN = `curl --globoff --path-as-is --header 'User-Agent: lamella/${version}' --header 'Accept: */*'`;

describe('curlCommand', () => {
  it('sends the same request', async () => {
    expect(await commandOf({})).toBe(`${PLAIN} http://h.test/x --connect-timeout 10`);
    expect(await commandOf({ data: [{ type: 'raw', text: "it's" }] })).toContain(
      "--data-raw 'it'\\''s' http://h.test/x",
    );
    expect(await commandOf({ user: 'me:pw', cookie: ['a=1', 'b=2'] })).toContain(
      "--header 'Authorization: Basic bWU6cHc='",
    );
    expect(await commandOf({ cookie: ['a=1', 'jar'] })).toMatch(/--header 'Cookie: a=1' .* --cookie jar$/);
  });

  it('names files of forms and uploads instead of reading them', async () => {
    const form = [
      { type: 'form', text: 'f=@package.json' },
      { type: 'text', text: 'a=@b' },
    ] as const;
    expect(await commandOf({ form })).toBe(
      `${PLAIN.replace('path-as-is', 'path-as-is --request POST')} http://h.test/x --form f=@package.json --form-string a=@b --header Expect: --connect-timeout 10`,
    );
    expect(await commandOf({ uploadFile: 'package.json' })).toContain(
      'http://h.test/x --upload-file package.json --header Expect:',
    );
  });

  it('has every option that curl has as well', async () => {
    const command = await commandOf({
      compressed: true,
      location: true,
      fail: true,
      include: true,
      verbose: true,
      silent: true,
      showError: true,
      retryAllErrors: true,
      maxRedirs: Number.POSITIVE_INFINITY,
      output: "it's.html",
      proxy: 'p:1',
      proxyUser: 'me:pw',
      noproxy: '*',
      maxTime: 2_500,
      connectTimeout: 500,
      resolve: ['h:1:::1', 'i:1:::1'],
      cookieJar: '-',
      retry: 2,
      retryDelay: 0,
      insecure: true,
      'http1.1': true,
      http2: true,
      http2PriorKnowledge: true,
      'tlsv1.2': true,
      'tlsv1.3': true,
      tlsMax: '1.3',
      cacert: 'ca.pem',
      cert: 'me.pem',
      key: 'me.key',
      pass: 'pw',
      pinnedpubkey: 'key.pem',
      ciphers: 'A:B',
      tls13Ciphers: 'TLS_C',
      connectTo: ['a::b:'],
      proxyCacert: 'p.pem',
      proxyCert: 'pc.pem',
      proxyKey: 'pc.key',
      proxyPass: 'ps',
      proxyPinnedpubkey: 'pk.pem',
      proxyCiphers: 'D',
      proxyTls13Ciphers: 'TLS_E',
      proxyInsecure: true,
      proxyHttp2: true,
      proxytunnel: true,
      certStatus: true,
    });
    expect(command.split(' http://h.test/x ')[1]).toBe(
      "--compressed --location --fail --include --verbose --silent --show-error --retry-all-errors --insecure --cert-status --proxytunnel --proxy-insecure --proxy-http2 --http1.1 --http2 --http2-prior-knowledge --tlsv1.2 --tlsv1.3 --max-redirs -1 --output 'it'\\''s.html' --proxy p:1 --proxy-user me:pw --noproxy '*' --proxy-cacert p.pem --proxy-cert pc.pem --proxy-key pc.key --proxy-pass ps --proxy-pinnedpubkey pk.pem --proxy-ciphers D --proxy-tls13-ciphers TLS_E --max-time 2.5 --connect-timeout 0.5 --resolve h:1:::1 --resolve i:1:::1 --connect-to a::b: --cookie-jar - --tls-max 1.3 --cacert ca.pem --cert me.pem --key me.key --pass pw --pinnedpubkey key.pem --ciphers A:B --tls13-ciphers TLS_C --retry 2 --retry-delay 0",
    );
  });

  it('takes content from the standard input when it is too long for a command', async () => {
    const long = { data: [{ type: 'raw', text: 'x'.repeat(1024 * 1024) }] } as const;
    expect(await resultOf(long)).toMatchObject({ needsContent: false });
    const longer = { data: [{ type: 'raw', text: 'x'.repeat(1024 * 1024 + 1) }] } as const;
    const { text, needsContent } = await resultOf(longer);
    expect([text.length < 1_000, text.includes('--data-binary @-'), needsContent]).toEqual([true, true, true]);
  });
});

async function commandOf(options: Partial<SendOptions>): Promise<string> {
  return (await resultOf(options)).text;
}

function resultOf(options: Partial<SendOptions>) {
  const all: SendOptions = { maxRedirs: 50, connectTimeout: 10_000, retry: 0, ...options };
  return curlCommand(planOf('http://h.test/x', all, silentTranscript, new ResponseHeads()), all);
}
