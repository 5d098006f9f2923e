import { setTimeout as sleep } from 'node:timers/promises';
import type { GrpcStatusName } from '@lamella/grpc';
import { GrpcStatusError, grpcClient } from '@lamella/grpc';
import { SoakCalls } from '../soak-calls.ts';
import type { SoakKind } from './kind.ts';

/** Calls of gRPC, through a proxy: of each kind, and those that end before their time. */
export const grpcKinds: readonly SoakKind[] = [
  {
    name: 'gRPC, one message each way',
    run: async ({ calls }) => expectBytes(await calls.echo(SMALL), SMALL),
  },
  {
    name: 'gRPC, 64 KiB each way, compressed',
    run: async ({ calls }) => expectBytes(await calls.echo(LARGE, { encoding: 'gzip' }), LARGE),
  },
  {
    name: 'gRPC, a hundred messages from the server',
    async run({ calls }) {
      let expected = 1;
      for await (const number of calls.countTo(100)) expectNumber(number, expected++);
      expectNumber(expected, 101);
    },
  },
  {
    name: 'gRPC, a hundred messages to the server',
    run: async ({ calls }) => expectNumber(await calls.sum(numbers(100)), 5_050),
  },
  {
    name: 'gRPC, ten messages in turns',
    async run({ calls }) {
      let sent = 0;
      let wake = (): void => {};
      async function* questions() {
        while (sent < 10) {
          const isAnswered = new Promise<void>((resolve) => {
            wake = resolve;
          });
          yield ++sent;
          await isAnswered;
        }
      }
      for await (const doubled of calls.double(questions())) {
        expectNumber(doubled, sent * 2);
        wake();
      }
      expectNumber(sent, 10);
    },
  },
  {
    name: 'gRPC, left in the middle of the answers',
    async run({ calls }) {
      for await (const number of calls.countTo(5_000)) if (number === 100) break;
    },
  },
  {
    name: 'gRPC, aborted before the answer',
    async run({ calls }) {
      const controller = new AbortController();
      const reason = new Error('the soak leaves');
      setTimeout(() => controller.abort(reason), 5);
      const failure = await failureOf(calls.wait(1_000, { signal: controller.signal }));
      if (failure !== reason) throw failure;
    },
  },
  {
    name: 'gRPC, beyond its deadline',
    run: ({ calls }) => expectStatus(calls.wait(1_000, { timeoutMs: 10 }), 'DEADLINE_EXCEEDED'),
  },
  {
    name: 'gRPC, a status',
    run: ({ calls }) => expectStatus(calls.echo(new Uint8Array(0)), 'INVALID_ARGUMENT'),
  },
  {
    name: 'gRPC, a client that vanishes',
    async run({ openHttp2, ports }) {
      const http = openHttp2();
      const reason = new Error('the soak vanishes');
      try {
        const calls = grpcClient(http, SoakCalls, { url: `http://127.0.0.1:${ports.grpc}` });
        let received = 0;
        for await (const _ of calls.double(endless())) if (++received === 3) http.destroy(reason);
      } catch (error) {
        if (error instanceof GrpcStatusError && error.cause === reason) return;
        throw error;
      } finally {
        http.destroy(reason);
      }
      throw new Error('the call ended as if nothing had happened');
    },
  },
];

function* numbers(last: number): Generator<number> {
  for (let number = 1; number <= last; number++) yield number;
}

async function* endless(): AsyncGenerator<number> {
  for (;;) {
    yield 1;
    await sleep(1);
  }
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return new Error(`there was an answer: ${JSON.stringify(await call)}`);
  } catch (error) {
    return error;
  }
}

async function expectStatus(call: Promise<unknown>, status: GrpcStatusName): Promise<void> {
  const failure = await failureOf(call);
  if (!(failure instanceof GrpcStatusError) || failure.statusName !== status) throw failure;
}

function expectBytes(found: Uint8Array, expected: Uint8Array): void {
  if (!Buffer.from(found).equals(expected)) throw new Error(`got ${found.length} other bytes`);
}

function expectNumber(found: number, expected: number): void {
  if (found !== expected) throw new Error(`got ${found} instead of ${expected}`);
}

const SMALL = Buffer.from('a message that is soaked');
const LARGE = Buffer.alloc(65_536, 'soak');
