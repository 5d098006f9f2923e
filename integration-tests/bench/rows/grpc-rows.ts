import { HELLO } from '../subjects/payloads.ts';
import type { BenchRow, Contestant, MemoryRow } from '../support/bench-row.ts';
import { type H2Load, h2loadContestant } from '../support/h2load.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

const calls = { label: 'calls', size: 1 };
const messages = { label: 'messages', size: 1 };

export const grpcUnaryRow: BenchRow = {
  type: 'rate',
  name: 'grpc-unary',
  about: 'A server of gRPC gives 27 bytes back, on 8 connections with 32 calls each.',
  unit: calls,
  targets: [{ of: 'lamella, 5 pass-through layers', to: 'grpc-js', atLeast: 8 }],
  contestants: {
    'grpc-js': () => server('grpc-js', 8, 32),
    'lamella, 5 pass-through layers': () => server('pass-through', 8, 32),
    'lamella, bare': () => server('lamella', 8, 32),
  },
};

export const grpcUnarySingleRow: BenchRow = {
  type: 'rate',
  name: 'grpc-unary-1',
  about: 'The same on 64 connections with one call each.',
  unit: calls,
  targets: [{ of: 'lamella, 5 pass-through layers', to: 'grpc-js', atLeast: 3 }],
  contestants: {
    'grpc-js': () => server('grpc-js', 64, 1),
    'lamella, 5 pass-through layers': () => server('pass-through', 64, 1),
  },
};

export const grpcClientRow: BenchRow = {
  type: 'rate',
  name: 'grpc-client',
  about: 'A client of gRPC sends 27 bytes and takes them back, 32 calls in flight on one connection.',
  unit: calls,
  targets: [{ of: 'lamella', to: 'grpc-js', atLeast: 8 }],
  contestants: { 'grpc-js': () => client('grpc-js'), lamella: () => client('lamella') },
};

export const grpcLatencyRow: MemoryRow = {
  type: 'memory',
  name: 'grpc-latency',
  about: 'A client and a server of gRPC of the same make, one call of 27 bytes after the other.',
  unit: 'microseconds of a call',
  targets: [{ of: 'lamella', to: 'grpc-js', atMost: 0.5 }],
  contestants: { 'grpc-js': () => latency('grpc-js'), lamella: () => latency('lamella') },
};

export const grpcStreamRow: BenchRow = {
  type: 'rate',
  name: 'grpc-stream',
  about: 'A server of gRPC answers with streams of 1,000 messages of 27 bytes, 8 at a time on one connection.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'grpc-js', atLeast: 4 }],
  contestants: { 'grpc-js': () => loaded('grpc-js', 'stream', 8), lamella: () => loaded('lamella', 'stream', 8) },
};

export const grpcBidiRow: BenchRow = {
  type: 'rate',
  name: 'grpc-bidi',
  about: 'A server of gRPC gives each message of 27 bytes back on the same stream, 8 streams on one connection.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'grpc-js', atLeast: 4 }],
  contestants: { 'grpc-js': () => loaded('grpc-js', 'bidi', 8), lamella: () => loaded('lamella', 'bidi', 8) },
};

export const grpcMegabyteRow: BenchRow = {
  type: 'rate',
  name: 'grpc-1m',
  about: 'A server of gRPC gives 1 MiB back, 4 calls at a time on one connection.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'grpc-js', atLeast: 1, by: 'wall' }],
  contestants: { 'grpc-js': () => loaded('grpc-js', 'megabyte', 4), lamella: () => loaded('lamella', 'megabyte', 4) },
};

export const grpcDirectRow: BenchRow = {
  type: 'rate',
  name: 'grpc-in-process',
  about: 'Client and server of gRPC in one process, 64 unary calls of protobuf messages in flight.',
  unit: calls,
  targets: [{ of: 'lamella, direct', to: 'router transport of Connect', atLeast: 1 }],
  contestants: {
    'router transport of Connect': () => inProcess('connect'),
    'lamella, direct': () => inProcess('direct'),
    'lamella, over a network in memory': () => inProcess('memory'),
  },
};

async function server(kind: string, connections: number, streams: number): Promise<Contestant> {
  const load: H2Load = {
    path: '/lamella.bench.v1.Bench/Echo',
    connections,
    streams,
    grpc: true,
    body: FRAME,
    expected: FRAME,
  };
  return h2loadContestant(await startNode('grpc-server.ts', [kind]), load);
}

async function client(kind: string): Promise<Contestant> {
  const origin = await startNode('grpc-server.ts', ['lamella'], LOAD_CORE);
  const subject = await startNode('grpc-client.ts', [kind, '32', String(origin.port)]);
  return roundContestant((seconds) => subject.ask(String(seconds)), [subject, origin]);
}

async function latency(kind: string): Promise<number> {
  const origin = await startNode('grpc-server.ts', [kind], LOAD_CORE);
  const subject = await startNode('grpc-latency.ts', [kind, String(origin.port)]);
  try {
    await subject.ask('3000');
    return Number(await subject.ask('5000'));
  } finally {
    await subject.stop();
    await origin.stop();
  }
}

async function loaded(kind: string, job: string, inFlight: number): Promise<Contestant> {
  const subject = await startNode('grpc-server.ts', [kind]);
  const load = await startNode('grpc-load.ts', [job, String(inFlight), String(subject.port)], LOAD_CORE);
  return roundContestant(
    (seconds) => load.ask(String(seconds)),
    [subject, load],
    () => subject.cpuSeconds(),
  );
}

async function inProcess(kind: string): Promise<Contestant> {
  const subject = await startNode('grpc-in-process.ts', [kind]);
  return roundContestant((seconds) => subject.ask(String(seconds)), [subject]);
}

/** {@link HELLO} as a message of gRPC. */
const FRAME = `\0\0\0\0${String.fromCharCode(HELLO.length)}${HELLO}`;
