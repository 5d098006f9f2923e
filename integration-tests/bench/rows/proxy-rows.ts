import { HELLO, LARGE } from '../subjects/payloads.ts';
import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { isInstalled, NGINX_REVERSE, startHaproxy, startNginx } from '../support/foreign.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, type SubjectProcess, startNode } from '../support/subject-process.ts';
import { type WrkLoad, wrkContestant } from '../support/wrk.ts';

export const reverseRow: BenchRow = {
  type: 'rate',
  name: 'reverse-hello',
  about: 'A reverse proxy before one origin, GET with 27 bytes of JSON, 64 keep-alive connections on both sides.',
  unit: { label: 'requests', size: 1 },
  targets: [
    { of: 'lamella', to: 'node:http + undici request', atLeast: 1.4 },
    { of: 'lamella', to: 'http-proxy', atLeast: 2.2 },
  ],
  contestants: reverseProxies({ path: '/', connections: 64, expected: HELLO }),
};

export const reverseLargeRow: BenchRow = {
  type: 'rate',
  name: 'reverse-64k',
  about: 'The same with responses of 64 KiB.',
  unit: { label: 'requests', size: 1 },
  targets: [],
  contestants: reverseProxies({ path: '/large', connections: 64, expected: LARGE.toString() }),
};

export const reverseGroupRow: BenchRow = {
  type: 'rate',
  name: 'reverse-group',
  about:
    'The same with a group of four upstreams, which are checked while the load is on. In turns means: to four of them one after the other, unchecked.',
  unit: { label: 'requests', size: 1 },
  targets: [
    { of: 'lamella, a group', to: 'node:http + undici request, in turns', atLeast: 1.3 },
    { of: 'lamella, a group', to: 'lamella, in turns', atLeast: 0.9 },
  ],
  contestants: {
    'node:http + undici request, in turns': () => reverseGroup('node-undici-group'),
    'lamella, a group': () => reverseGroup('lamella-group'),
    'lamella, in turns': () => reverseGroup('lamella-turns'),
  },
};

export const relayRow: BenchRow = {
  type: 'rate',
  name: 'relay-bulk',
  about: 'A TCP relay carries as many bytes as it can on one connection, to a sink that checks them.',
  unit: { label: 'MiB', size: 1024 * 1024 },
  targets: [{ of: 'lamella relay', to: 'pipe', atLeast: 1.5 }],
  contestants: {
    pipe: () => bulk((port) => startNode('relay.ts', ['pipe', String(port)])),
    'lamella relay': () => bulk((port) => startNode('relay.ts', ['lamella', String(port)])),
    pipeline: () => bulk((port) => startNode('relay.ts', ['pipeline', String(port)])),
    ...(isInstalled('haproxy') ? { haproxy: () => bulk((port) => startHaproxy(port, 'tcp')) } : {}),
  },
};

function reverseProxies(load: WrkLoad): BenchRow['contestants'] {
  const node = (kind: string) => (port: number) => startNode('reverse-proxy.ts', [kind, String(port)]);
  return {
    'node:http + undici request': () => reverse(load, node('node-undici')),
    lamella: () => reverse(load, node('lamella')),
    'node:http + undici dispatch': () => reverse(load, node('node-dispatch')),
    'http-proxy': () => reverse(load, node('http-proxy')),
    ...(isInstalled('nginx') ? { nginx: () => reverse(load, (port) => startNginx(NGINX_REVERSE, port)) } : {}),
    ...(isInstalled('haproxy') ? { haproxy: () => reverse(load, (port) => startHaproxy(port, 'http')) } : {}),
  };
}

async function reverse(load: WrkLoad, start: (originPort: number) => Promise<SubjectProcess>): Promise<Contestant> {
  const origin = await startNode('raw-origin.ts', ['origin'], LOAD_CORE);
  const proxy = await start(origin.port);
  return wrkContestant(proxy, load, async () => {
    await proxy.stop();
    await origin.stop();
  });
}

async function reverseGroup(kind: string): Promise<Contestant> {
  const origins = await Promise.all(Array.from({ length: 4 }, () => startNode('raw-origin.ts', ['origin'], LOAD_CORE)));
  const proxy = await startNode('reverse-proxy.ts', [kind, origins.map(({ port }) => port).join(',')]);
  return wrkContestant(proxy, { path: '/', connections: 64, expected: HELLO }, async () => {
    await proxy.stop();
    for (const origin of origins) await origin.stop();
  });
}

async function bulk(start: (sinkPort: number) => Promise<SubjectProcess>): Promise<Contestant> {
  const sink = await startNode('bulk-sink.ts', ['sink'], LOAD_CORE);
  const source = await startNode('bulk-source.ts', ['source'], LOAD_CORE);
  const relay = await start(sink.port);
  return roundContestant(
    (seconds) => source.ask(`${relay.port} ${seconds}`),
    [relay, source, sink],
    () => relay.cpuSeconds(),
  );
}
