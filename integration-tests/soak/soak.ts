import { setTimeout as sleep } from 'node:timers/promises';
import { grpcClient } from '@lamella/grpc';
import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { grpcKinds } from './kinds/grpc-kinds.ts';
import { httpKinds } from './kinds/http-kinds.ts';
import { messageKinds } from './kinds/message-kinds.ts';
import { socketKinds } from './kinds/socket-kinds.ts';
import { startLoad } from './load.ts';
import type { SoakDrained, SoakMeasure } from './messages.ts';
import { SoakCalls } from './soak-calls.ts';
import { startSubject } from './subject-process.ts';

/** Options of {@link soak}. */
export interface SoakOptions {
  /** How long the load goes on in all, in seconds; the first quarter, at most a minute, is for warming up. */
  readonly seconds: number;
  /** Uses that are started each second. Default 150. */
  readonly ratePerSecond?: number;
  /** Whether there are calls of gRPC only. Default false. */
  readonly onlyGrpc?: boolean;
  /** Hears how it goes on, now and then. */
  readonly onProgress?: (text: string) => void;
}

/** How a soak went. */
export interface SoakReport {
  readonly started: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  /** What the process held after warming up, and at the end, under load; each the lowest of three looks. */
  readonly rssGrowthBytes: number;
  readonly heapGrowthBytes: number;
  readonly drained: SoakDrained;
}

/** Puts a mixed load on a process of its own, and looks what that holds before and after. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, ratePerSecond = 150, onlyGrpc = false, onProgress = () => {} } = options;
  const subject = await startSubject();
  const client = createHttpClient({
    connector: tcpConnector(),
    protocols: [http1()],
    maxConnectionsPerOrigin: 500,
  });
  const http = openHttp2();
  const calls = grpcClient(http, SoakCalls, { url: `http://127.0.0.1:${subject.ports.grpc}` });
  const kinds = onlyGrpc ? grpcKinds : [...httpKinds, ...socketKinds, ...messageKinds, ...grpcKinds];
  try {
    const load = startLoad({ ports: subject.ports, client, calls, openHttp2 }, kinds, ratePerSecond);
    const warmUp = Math.min(60, seconds / 4);
    await passTime(warmUp, (passed) => onProgress(`warming up, ${passed} of ${Math.round(warmUp)} s`));
    const before = await held(subject.measure);
    await passTime(seconds - warmUp, (passed) => {
      const { failures, pending } = load.counts;
      onProgress(`${passed} of ${Math.round(seconds - warmUp)} s, ${pending} under way, ${failures.length} failures`);
    });
    const after = await held(subject.measure);
    await load.stop();
    await client.close();
    await http.close();
    const drained = await subject.drain();
    return {
      started: load.counts.started,
      failures: load.counts.failures,
      rssGrowthBytes: after.rss - before.rss,
      heapGrowthBytes: after.heapUsed - before.heapUsed,
      drained,
    };
  } finally {
    client.destroy();
    http.destroy();
    subject.kill();
  }
}

function openHttp2(): HttpClient {
  // A machine that is busy with a load is slow to accept.
  return createHttpClient({
    connector: tcpConnector(),
    protocols: [http2({ timeouts: { settingsTimeoutMs: 30_000 } })],
  });
}

/** What is under way differs from moment to moment; what is held always is the least of it. */
async function held(measure: () => Promise<SoakMeasure>): Promise<Pick<SoakMeasure, 'rss' | 'heapUsed'>> {
  const looks: SoakMeasure[] = [];
  for (let count = 0; count < 3; count++) {
    looks.push(await measure());
    await sleep(300);
  }
  return {
    rss: Math.min(...looks.map(({ rss }) => rss)),
    heapUsed: Math.min(...looks.map(({ heapUsed }) => heapUsed)),
  };
}

async function passTime(seconds: number, onSecond: (passed: number) => void): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  for (let passed = 0; performance.now() < endMs; passed++) {
    onSecond(passed);
    await sleep(Math.min(1_000, Math.max(1, endMs - performance.now())));
  }
}
