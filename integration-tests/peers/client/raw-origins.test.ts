import type { Socket } from 'node:net';
import type { HttpResponse, InformationalResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { ByteCounts, Connector } from '@lamella/net-core';
import { countBytes } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { rawOrigin } from '../../support/node-origin.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('our client and servers of other manners', () => {
  it('reads a response of HTTP/1.0, which ends with the connection', async () => {
    const { get } = await setup((socket) => void socket.end('HTTP/1.0 200 OK\nContent-Type: text/plain\n\nold\nways'));
    await expect(get()).rejects.toMatchObject({ code: 'LML_ERR_HTTP1_BAD_LINE_END' }); // not with bare line feeds

    const other = await setup((socket) => void socket.end('HTTP/1.0 200 OK\r\nContent-Type: x/y\r\n\r\nold\r\nways'));
    const response = await other.get();
    expect([response.version, await response.body.text()]).toEqual(['1.0', 'old\r\nways']);
    expect(other.client.gauges()).toEqual([]);
  });

  it('keeps a connection to HTTP/1.0 that says so', async () => {
    const { get, accepted } = await setup(
      (socket) => void socket.write('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok'),
    );
    for (let number = 0; number < 3; number++) expect(await (await get()).body.text()).toBe('ok');
    expect(accepted()).toBe(1);
  });

  it('hears every interim response, each byte in a packet of its own', async () => {
    const { get } = await setup((socket) =>
      byByte(
        socket,
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const interim: InformationalResponse[] = [];
    const response = await get((each) => interim.push(each));
    expect(await response.body.text()).toBe('ok');
    expect(interim.map(({ status, reason, headers }) => [status, reason, headers.get('link')])).toEqual([
      [103, 'Early Hints', '</a>'],
      [102, '', undefined],
    ]);
  });

  it.each([
    ['before a response', '', 'LML_ERR_HTTP_CONNECTION_CLOSED'],
    ['in a head', 'HTTP/1.1 200 OK\r\nX:', 'LML_ERR_HTTP_CONNECTION_CLOSED'],
    ['in a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'LML_ERR_HTTP_RESPONSE_INCOMPLETE'],
    ['in a chunk', `${CHUNKED}5\r\nhal`, 'LML_ERR_HTTP_RESPONSE_INCOMPLETE'],
    ['before the last chunk', `${CHUNKED}4\r\nhalf\r\n`, 'LML_ERR_HTTP_RESPONSE_INCOMPLETE'],
    ['in the trailers', `${CHUNKED}4\r\nhalf\r\n0\r\nX-T: 1\r\n`, 'LML_ERR_HTTP_RESPONSE_INCOMPLETE'],
  ])('never takes for whole what was cut off %s', async (_where, bytes, code) => {
    for (const isReset of [false, true]) {
      const { get, received } = await setup((socket) => {
        const cut = (): void => void (isReset ? socket.resetAndDestroy() : socket.end());
        if (bytes === '') cut();
        else socket.write(bytes, () => void received(bytes.length).then(cut)); // a reset takes away what is not read yet
      });
      const body = get().then((response) => response.body.text());
      await expect(body).rejects.toMatchObject({ code });
    }
  });

  it('does not send a POST again that may have been acted on', async () => {
    let requests = 0;
    const { post } = await setup((socket) => {
      requests++;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.destroy();
    });
    expect(await (await post()).body.text()).toBe('ok');
    await expect(post()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED' });
    expect(requests).toBe(2);
  });

  it('sends a GET again on a connection of its own when the kept one was closed under it', async () => {
    let requests = 0;
    const { get, accepted } = await setup((socket) => {
      requests++;
      if (requests === 2) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    for (let number = 0; number < 2; number++) expect(await (await get()).body.text()).toBe('ok');
    expect([requests, accepted()]).toEqual([3, 2]);
  });

  it('believes a server that says for how long it keeps connections', async () => {
    const { get, client } = await setup(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok'),
    );
    expect(await (await get()).body.text()).toBe('ok');
    await expect.poll(() => client.gauges()).toEqual([]);
  });
});

/** A server that does something whenever a head has come; and a client that asks it. */
async function setup(onRequest: (socket: Socket) => void) {
  const origin = await rawOrigin((socket) => {
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      text = '';
      onRequest(socket);
    });
  });
  const counts: ByteCounts[] = [];
  const sockets = tcpConnector();
  const connector: Connector = {
    async serve(request) {
      const connection = await sockets.serve(request);
      const counted = countBytes(connection.stream);
      counts.push(counted.counts);
      return connection.withStream(counted.stream);
    },
  };
  const client = testClient({ connector });
  /** Waits until the client has read so much of the last connection. */
  const received = async (byteCount: number): Promise<void> => {
    while ((counts.at(-1)?.bytesIn ?? 0) < byteCount) await new Promise((resolve) => setImmediate(resolve));
  };
  const get = (onInformational?: (response: InformationalResponse) => void): Promise<HttpResponse> =>
    client.serve(HttpRequest.from({ target: origin.url, ...(onInformational && { onInformational }) }));
  const post = (): Promise<HttpResponse> =>
    client.serve(HttpRequest.from({ method: 'POST', target: origin.url, headers: [['Content-Length', '0']] }));
  return { client, get, post, received, accepted: origin.accepted };
}

async function byByte(socket: Socket, text: string): Promise<void> {
  for (const character of text) {
    socket.write(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
