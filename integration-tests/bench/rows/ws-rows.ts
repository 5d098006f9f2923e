import type { BenchRow, Contestant, MemoryRow } from '../support/bench-row.ts';
import { isInstalled, startHaproxy } from '../support/foreign.ts';
import { roundContestant } from '../support/round-contestant.ts';
import type { SubjectProcess } from '../support/subject-process.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

const messages = { label: 'messages', size: 1 };

export const wsEchoRow: BenchRow = {
  type: 'rate',
  name: 'ws-echo',
  about: 'A WebSocket server sends text of 32 bytes back, 64 connections with one message under way each.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'ws on node:http', atLeast: 0.95 }],
  contestants: { 'ws on node:http': () => echo('ws', 32), lamella: () => echo('lamella', 32) },
};

export const wsEchoLongRow: BenchRow = {
  type: 'rate',
  name: 'ws-echo-1k',
  about: 'The same with text of 1 KiB.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'ws on node:http', atLeast: 0.95 }],
  contestants: { 'ws on node:http': () => echo('ws', 1_024), lamella: () => echo('lamella', 1_024) },
};

export const wsRelayRow: BenchRow = {
  type: 'rate',
  name: 'ws-relay',
  about: 'A reverse proxy passes WebSockets on, 64 connections with one text of 32 bytes under way each.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'http-proxy', atLeast: 2 }],
  contestants: relays(32),
};

export const wsRelayLongRow: BenchRow = {
  type: 'rate',
  name: 'ws-relay-60k',
  about: 'The same with text of 60,000 bytes.',
  unit: messages,
  targets: [],
  contestants: relays(60_000),
};

export const wsIdleRow: MemoryRow = {
  type: 'memory',
  name: 'ws-idle',
  about: 'Memory of a server that keeps 10,000 idle WebSockets, each of which has had one message. 10,485 are 100 MiB.',
  unit: 'bytes per connection',
  targets: [{ of: 'lamella', atMost: 10_485 }],
  contestants: {
    'ws on node:http': () => bytesPerConnection('ws'),
    'node:net alone, which answers by rote': () => bytesPerConnection('sockets'),
    lamella: () => bytesPerConnection('lamella'),
  },
};

function relays(bytes: number): BenchRow['contestants'] {
  const node = (kind: string) => (port: number) => startNode('ws-proxy.ts', [kind, String(port)]);
  return {
    'http-proxy': () => relayed(bytes, node('http-proxy')),
    lamella: () => relayed(bytes, node('lamella')),
    'lamella, every message looked at': () => relayed(bytes, node('lamella-inspect')),
    ...(isInstalled('haproxy') ? { haproxy: () => relayed(bytes, (port) => startHaproxy(port, 'http')) } : {}),
  };
}

async function relayed(bytes: number, start: (originPort: number) => Promise<SubjectProcess>): Promise<Contestant> {
  const origin = await startNode('ws-echo.ts', ['lamella'], LOAD_CORE);
  const proxy = await start(origin.port);
  return loaded(proxy, bytes, origin);
}

/** Resident memory with the connections, less that without them, in a server that is warm. */
async function bytesPerConnection(kind: string): Promise<number> {
  const server = await startNode('ws-echo.ts', [kind]);
  const clients = await startNode('ws-idle.ts', [], LOAD_CORE);
  try {
    await clients.ask(`${server.port} ${WARM_UP_COUNT}`);
    await clients.ask('close');
    const before = Number(await server.ask('memory'));
    await clients.ask(`${server.port} ${COUNT}`);
    const after = Number(await server.ask('memory'));
    return (after - before) / COUNT;
  } finally {
    await clients.stop();
    await server.stop();
  }
}

async function echo(kind: string, bytes: number): Promise<Contestant> {
  const server = await startNode('ws-echo.ts', [kind]);
  return loaded(server, bytes);
}

async function loaded(subject: SubjectProcess, bytes: number, ...others: SubjectProcess[]): Promise<Contestant> {
  const load = await startNode('ws-load.ts', ['64', String(bytes), String(subject.port)], LOAD_CORE);
  return roundContestant(
    (seconds) => load.ask(String(seconds)),
    [subject, load, ...others],
    () => subject.cpuSeconds(),
  );
}

const WARM_UP_COUNT = 500;
const COUNT = 10_000;
