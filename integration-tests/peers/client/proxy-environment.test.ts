import type { ProxyEnvironment } from '@lamella/http';
import { HttpRequest, proxyFromEnvironment } from '@lamella/http';
import { parseHost } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { noProxyVectors } from '../../support/no-proxy-vectors.ts';
import { rawOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { NO_PROXIES, run } from '../../support/run.ts';

usePeers('curl');

describe('the environment, as the real curl understands it', () => {
  it('NO_PROXY, row by row', async () => {
    const { proxy, wayOfCurl } = await setup();
    const version = await curlVersion();
    const differences: string[] = [];
    for (const [list, host, isDirect, exception] of noProxyVectors) {
      if (version < 8 && exception === 'not curl 7') continue;
      const way = await wayOfCurl(`http://${host}:81/`, { http_proxy: proxy, no_proxy: list });
      if ((way === 'directly') !== isDirect) differences.push(`${JSON.stringify(list)} ${host}: curl went ${way}`);
    }
    expect(differences).toEqual([]);
  });

  it.each<[string, (proxy: string, dead: string) => ProxyEnvironment]>([
    ['nothing', () => ({})],
    ['http_proxy', (proxy) => ({ http_proxy: proxy })],
    ['HTTP_PROXY', (proxy) => ({ HTTP_PROXY: proxy })],
    ['HTTPS_PROXY for http', (proxy) => ({ HTTPS_PROXY: proxy, https_proxy: proxy })],
    ['all_proxy', (proxy) => ({ all_proxy: proxy })],
    ['ALL_PROXY', (proxy) => ({ ALL_PROXY: proxy })],
    ['an empty one', (proxy) => ({ http_proxy: '', all_proxy: proxy })],
    ['the scheme before all', (proxy, dead) => ({ http_proxy: proxy, all_proxy: dead })],
    ['lower case before upper', (proxy, dead) => ({ all_proxy: proxy, ALL_PROXY: dead })],
    ['no scheme', (proxy) => ({ http_proxy: proxy.replace('http://', '') })],
    ['user and password', (proxy) => ({ http_proxy: proxy.replace('http://', 'http://us%40er:p%3Aw@') })],
    ['a path', (proxy) => ({ http_proxy: `${proxy}/path?query` })],
    ['NO_PROXY', (proxy) => ({ http_proxy: proxy, NO_PROXY: 'example.test' })],
    ['no_proxy before NO_PROXY', (proxy) => ({ http_proxy: proxy, no_proxy: 'other.test', NO_PROXY: '*' })],
    ['an empty no_proxy', (proxy) => ({ http_proxy: proxy, no_proxy: '', NO_PROXY: 'example.test' })],
  ])('%s', async (_, environmentFor) => {
    const { proxy, wayOfCurl } = await setup();
    const environment = environmentFor(proxy, `http://127.0.0.1:${await freePort()}`);
    const target = { scheme: 'http', host: parseHost('example.test'), port: 81 };
    const chain = proxyFromEnvironment(environment)(target, HttpRequest.from({ target: URL }));
    expect(await wayOfCurl(URL, environment)).toBe(chain === undefined ? 'directly' : `via ${chain.names.join()}`);
  });
});

/** One server is the proxy and the place that direct connections are led to: what it is asked first tells which it was. */
async function setup() {
  const heads: string[] = [];
  const server = await rawOrigin((socket) =>
    socket.once('data', (head) => {
      heads.push(head.toString('latin1'));
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }),
  );
  const address = `127.0.0.1:${server.port}`;
  return {
    proxy: `http://${address}`,
    async wayOfCurl(url: string, environment: ProxyEnvironment): Promise<string> {
      heads.length = 0;
      const { host } = new globalThis.URL(url);
      const env = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const { code, stderr } = await run('curl', ['-q', '-sS', '--connect-to', `${host}:${address}`, url], {
        env: { ...NO_PROXIES, ...Object.fromEntries(env) },
      });
      const [head] = heads;
      if (head === undefined) throw new Error(`curl ended with ${code}: ${stderr}`);
      return head.startsWith('GET /') ? 'directly' : `via ${address}`;
    },
  };
}

async function curlVersion(): Promise<number> {
  return Number(/^curl ([0-9]+)/.exec((await run('curl', ['--version'])).stdout)?.[1]);
}

const URL = 'http://example.test:81/';
