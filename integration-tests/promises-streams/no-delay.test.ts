import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { HttpBody, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { Address, ByteStream, Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, serveListener } from '@lamella/net-core';
import { readExactly } from '@lamella/net-core/testing';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NoDelaySpy } from './support/no-delay-spy.ts';
import { spyOnNoDelay } from './support/no-delay-spy.ts';
import type { Stage } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { tcp, tcpHttp2, tcpTls, tcpTlsHttp2 } from './support/transports.ts';

const TRANSPORTS = [tcp, tcpHttp2, tcpTls, tcpTlsHttp2];
const newStage = stages({ beforeEach, afterEach });

const echo = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  await stream.closeWrite();
});
/** Answers each pair of bytes by one: whoever sends two writes waits for both to arrive. */
const pairs = serviceFn(async ({ stream }: Connection) => {
  for (;;) {
    await readExactly(stream, 2);
    await stream.write([Buffer.from('!')]);
  }
});
const origin = serviceFn(async (request: Request) =>
  request.headers.has('upgrade')
    ? HttpResponse.upgrade({ headers: { Upgrade: 'echo' } }, echo)
    : HttpResponse.from({ body: HttpBody.from(await request.body.bytes()) }),
);

describe('TCP_NODELAY', () => {
  let spy: NoDelaySpy;
  beforeEach(async () => {
    spy = await spyOnNoDelay();
  });
  afterEach(() => spy.restore());

  const ways = [
    { way: 'a client and a server', hops: 1, use: (stage: Stage) => post(stage, 'origin.test', false) },
    { way: 'a reverse proxy', hops: 2, use: (stage: Stage) => post(stage, 'edge.test', false) },
    { way: 'a forward proxy', hops: 2, use: (stage: Stage) => post(stage, 'origin.test', true) },
    { way: 'an upgrade through a reverse proxy', hops: 2, use: (stage: Stage) => upgraded(stage) },
    { way: 'a CONNECT tunnel', hops: 2, use: (stage: Stage) => tunnel(stage) },
    { way: 'a TCP relay', hops: 2, use: (stage: Stage) => say(stage.connect('relay.test:7')) },
  ];
  const cases = TRANSPORTS.flatMap((transport) => ways.map((way) => ({ ...way, what: transport.what, transport })));

  it.each(cases)('is on for every socket, dialled and accepted, on the way through $way: $what', async (row) => {
    const { hops, use, transport } = row;
    const stage = await newStage(transport, { origin, peer: echo });
    await use(stage);
    expect([...spy.told.values()]).toEqual(Array.from({ length: 2 * hops }, () => true));
  });

  it('is off where Node itself dials and accepts: the control of the tests above', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const plain = connect(port, '127.0.0.1').resume();
    await new Promise((resolve) => plain.once('close', resolve));
    expect(spy.told.size).toBe(0);
    server.close();
  });
});

describe('two small writes and an answer', () => {
  // Nagle's algorithm and delayed acknowledgements together cost 40 ms in nearly every round. A loaded machine has slow rounds
  // too, but not nearly all of them: so the better quarter of ours is compared to the median of the control.
  const ways = [
    { way: 'a CONNECT tunnel', open: openTunnel },
    { way: 'an upgrade through a reverse proxy', open: openUpgrade },
  ];
  it.each([
    { way: 'a TCP relay', open: (stage: Stage) => stage.connect('relay.test:7'), what: tcp.what, transport: tcp },
    ...TRANSPORTS.flatMap((transport) => ways.map((way) => ({ ...way, what: transport.what, transport }))),
  ])(
    'take a fraction of the time through $way that they take through a relay without TCP_NODELAY: $what',
    async ({ open, transport }) => {
      const upgrading = serviceFn(async () => HttpResponse.upgrade({ headers: { Upgrade: 'echo' } }, pairs));
      const stage = await newStage(transport, { peer: pairs, origin: upgrading });
      const { stream } = await open(stage);
      const ours = await roundMs(stream, 0.25);
      stream.destroy();
      const control = await controlMs();
      expect(control).toBeGreaterThan(20); // else this machine can't show it
      expect(ours).toBeLessThan(control / 2);
    },
  );
});

let control: Promise<number> | undefined;

/** What a relay without TCP_NODELAY takes, measured once. */
function controlMs(): Promise<number> {
  control ??= openByHand().then(async ({ stream, close }) => {
    const ms = await roundMs(stream, 0.5);
    await close();
    return ms;
  });
  return control;
}

async function post(stage: Stage, host: string, viaProxy: boolean): Promise<void> {
  const request = Request.from({ method: 'POST', target: `http://${host}/`, body: 'content' });
  const response = await stage.client({ viaProxy }).serve(request);
  expect(await response.body.text()).toBe('content');
}

async function upgraded(stage: Stage): Promise<void> {
  await say(openUpgrade(stage));
}

async function openUpgrade(stage: Stage): Promise<Connection> {
  const headers = { Connection: 'upgrade', Upgrade: 'echo' };
  return upgradedOf(await stage.client().serve(Request.from({ target: 'http://edge.test/', headers })));
}

async function openTunnel(stage: Stage): Promise<Connection> {
  const request = Request.from({ method: 'CONNECT', target: 'peer.test:443' });
  return upgradedOf(await stage.client({ viaProxy: true }).serve(request));
}

async function tunnel(stage: Stage): Promise<void> {
  await say(openTunnel(stage));
}

async function say(connection: Connection | Promise<Connection>): Promise<void> {
  const { stream } = await connection;
  void stream.write([Buffer.from('hello')]);
  await readExactly(stream, 5);
  stream.destroy();
}

/** A relay as one writes it by hand, with what Node does by default. */
async function openByHand(): Promise<{ stream: ByteStream; close(): Promise<void> }> {
  const listener = await listenTcp();
  const served = serveListener(listener, pairs, { onError() {} });
  const sockets: Socket[] = [];
  const keep = (socket: Socket): Socket => {
    sockets.push(socket.on('error', () => {}));
    return socket;
  };
  const byHand = createServer((socket) => {
    const egress = keep(connect(portOf(listener.address), '127.0.0.1'));
    keep(socket).pipe(egress).pipe(socket);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => byHand.once('listening', resolve));
  const target = parseAddress(`127.0.0.1:${(byHand.address() as { port: number }).port}`); // a TCP server
  const { stream } = await tcpConnector().serve(connectRequest({ target }));
  return {
    stream,
    async close() {
      stream.destroy();
      for (const socket of sockets) socket.destroy();
      byHand.close();
      await listener.close();
      await served;
    },
  };
}

function portOf(address: Address): number {
  return address.type === 'tcp' ? address.port : 0;
}

/** A round of so many that `share` of them were faster; of the later ones, since at first a kernel acknowledges at once. */
async function roundMs(stream: ByteStream, share: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    void stream.write([Buffer.from('a')]);
    await new Promise((resolve) => setTimeout(resolve, 1)); // the relay sees two chunks, not one
    void stream.write([Buffer.from('b')]);
    await readExactly(stream, 1);
    times.push(performance.now() - start);
  }
  const later = times.slice(ROUNDS / 4).toSorted((one, other) => one - other);
  return later[Math.floor(later.length * share)] ?? 0;
}

function upgradedOf({ upgraded: connection }: HttpResponse): Connection {
  if (connection === undefined) throw new Error('the response has no connection to take');
  return connection;
}

const ROUNDS = 40;
