import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import type { Finished } from '../../support/run.ts';
import { NO_PROXIES, run } from '../../support/run.ts';

usePeers('curl');

/** Both get the same arguments and the same environment. */
describe('send and curl find the same proxy', () => {
  const viaProxy = 'GET http://127.0.0.1:ORIGIN/';
  const direct = 'GET /';
  it.each<[what: string, env: Record<string, string>, args: readonly string[], seen: string]>([
    ['of http_proxy', { http_proxy: 'http://PROXY' }, [], viaProxy],
    ['of http_proxy, without a scheme', { http_proxy: 'PROXY' }, [], viaProxy],
    ['of ALL_PROXY', { ALL_PROXY: 'http://PROXY' }, [], viaProxy],
    ['of all_proxy before ALL_PROXY', { all_proxy: 'http://PROXY', ALL_PROXY: 'http://127.0.0.1:1' }, [], viaProxy],
    ['not of HTTP_PROXY', { HTTP_PROXY: 'http://PROXY' }, [], direct],
    ['not of https_proxy', { https_proxy: 'http://PROXY', HTTPS_PROXY: 'http://PROXY' }, [], direct],
    ['with a password', { http_proxy: 'http://me:p%40w@PROXY' }, [], `${viaProxy} Basic bWU6cEB3`],
    ['with the password of -U', { http_proxy: 'http://PROXY' }, ['-U', 'me:pw'], `${viaProxy} Basic bWU6cHc=`],
    ['but for NO_PROXY', { http_proxy: 'http://PROXY', NO_PROXY: 'h.test, 127.0.0.1' }, [], direct],
    ['but for a block of NO_PROXY', { http_proxy: 'http://PROXY', NO_PROXY: '127.0.0.0/8' }, [], direct],
    ['but for everybody', { http_proxy: 'http://PROXY', no_proxy: '*' }, [], direct],
    ['and NO_PROXY of others is nothing', { http_proxy: 'http://PROXY', NO_PROXY: '27.0.0.1' }, [], viaProxy],
    ['but for --noproxy', { http_proxy: 'http://PROXY' }, ['--noproxy', '127.0.0.1'], direct],
    ['with --noproxy in the place of NO_PROXY', { http_proxy: 'PROXY', NO_PROXY: '*' }, ['--noproxy', ''], viaProxy],
    ['of -x first', { http_proxy: 'http://127.0.0.1:1' }, ['-x', 'PROXY'], viaProxy],
    ['of -x but for NO_PROXY', { NO_PROXY: '127.0.0.1' }, ['-x', 'PROXY'], direct],
    ['of -x but for --noproxy', {}, ['-x', 'PROXY', '--noproxy', '*'], direct],
    ["none for -x ''", { http_proxy: 'http://127.0.0.1:1' }, ['-x', ''], direct],
  ])('%s', async (_what, env, args, seen) => {
    const { both, originPort } = await setup();
    const results = await both(env, ...args, `http://127.0.0.1:${originPort}/`);
    const expected = seen.replace('ORIGIN', String(originPort));
    expect(results.map(({ stdout }) => seenBy(stdout))).toEqual([expected, expected]);
  });

  it.each<[code: number, what: string, env: Record<string, string>, args: readonly string[]]>([
    [5, 'an unknown proxy of the environment', { http_proxy: 'http://unknown.invalid:1' }, ['URL']],
    [5, 'an unknown proxy of ALL_PROXY', { ALL_PROXY: 'unknown.invalid:1' }, ['http://other.invalid/']],
    [5, 'a proxy of the environment that is none', { http_proxy: 'http://[::1' }, ['URL']],
    [6, 'an unknown host beside a proxy', { http_proxy: 'http://PROXY', NO_PROXY: '.invalid' }, ['unknown.invalid']],
    [6, 'an unknown host beside -x', {}, ['-x', 'PROXY', '--noproxy', 'unknown.invalid', 'unknown.invalid']],
    [6, 'an unknown host that a proxy sends to', { http_proxy: 'PROXY', NO_PROXY: '.invalid' }, ['-L', 'URL/invalid']],
    [7, 'a proxy where nobody listens', { http_proxy: 'http://127.0.0.1:1' }, ['URL']],
  ])('and end with %i for %s', async (code, _what, env, args) => {
    const { both, originPort } = await setup();
    const filledIn = args.map((arg) => arg.replace('URL', `http://127.0.0.1:${originPort}`));
    const [ours, theirs] = await both(env, ...filledIn);
    expect([ours.code, theirs.code]).toEqual([code, code]);
    expect(ours.stderr).toMatch(/^lamella: [^\n]+\n$/);
  });

  it('without telling its password when it can not be used', async () => {
    const env = { http_proxy: 'socks5://me:secret@127.0.0.1:1' };
    const { code, stderr } = await lamella(['send', 'http://127.0.0.1:1/'], { env });
    expect(stderr).not.toContain('secret');
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/^lamella: a proxy of the environment: socks5 proxies are not supported yet\b[^\n]*\n$/),
    ]);
  });
});

/** Method, target and credentials that arrived. */
function seenBy(stdout: string): string {
  const { method, target, headers } = receivedRequest(stdout);
  const authorization = headers.find(([name]) => name.toLowerCase() === 'proxy-authorization')?.[1];
  return [method, target, ...(authorization === undefined ? [] : [authorization])].join(' ');
}

/** An origin, and a proxy that answers in its place: what came says which way it went. */
async function setup() {
  const origin = await nodeOrigin(answerWithRequest);
  const proxy = await nodeOrigin((request, response) => {
    if (request.url?.endsWith('/invalid') === true) {
      response.writeHead(302, { location: 'http://unknown.invalid/' }).end();
    } else void answerWithRequest(request, response);
  });
  const filledIn = (text: string): string => text.replace('PROXY', `127.0.0.1:${proxy.port}`);
  const both = (env: Record<string, string>, ...args: string[]): Promise<[ours: Finished, theirs: Finished]> => {
    const words = args.map(filledIn);
    const variables = { ...NO_PROXIES, no_proxy: '', NO_PROXY: '' };
    for (const [name, value] of Object.entries(env)) Object.assign(variables, { [name]: filledIn(value) });
    return Promise.all([
      lamella(['send', ...words], { env: variables }),
      run('curl', ['-q', '-sS', '--max-time', '30', ...words], { env: variables }),
    ]);
  };
  return { both, originPort: origin.port };
}
