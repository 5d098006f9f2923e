import type { GrpcServerCall } from '@lamella/grpc';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import type { WordsClient, WordsHandlers } from './support/grpc-world.ts';
import { GrpcWorld } from './support/grpc-world.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const LATENCY_MS = 2;

describe.each(['echo', 'split', 'join', 'chat'] as const)('a call of %s through two servers', (kind) => {
  it('is cancelled at both as soon as the bytes are there, whoever gives it up', async () => {
    const { world, client, seen, close } = open();
    const controller = new AbortController();
    const call = begin(client, kind, { signal: controller.signal });
    await world.elapse(20, 1);
    expect(seen.map(({ scope }) => scope.aborted)).toEqual([false, false]);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    await hops(world, seen);
    await close();
  });

  it('is over at both at its deadline, of which the second one is told what the way there has left', async () => {
    const { world, client, seen, close } = open();
    const call = begin(client, kind, { timeoutMs: 100 });
    const failure = expect(call).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    await world.elapse(99, 1);
    // Both have a clock of their own, as servers have; what a call has left shrinks on the way, never grows.
    const left = seen.map(({ deadline }) => deadline?.remainingMs ?? Number.POSITIVE_INFINITY);
    expect(left[0]).toBeLessThanOrEqual(1 + 3 * LATENCY_MS);
    expect(left[1]).toBeLessThanOrEqual((left[0] ?? 0) + 3 * LATENCY_MS);
    await world.elapse(1);
    await failure;
    await hops(world, seen);
    await close();
  });

  it('is cancelled at both when the machine of the client has gone', async () => {
    const { world, client, seen, close, vanish } = open();
    begin(client, kind, {}).catch(() => {});
    await world.elapse(20, 1);
    vanish();
    await hops(world, seen);
    await close();
  });
});

/** One after the other, by the latency of each hop and nothing more. */
async function hops(world: GrpcWorld, seen: readonly GrpcServerCall[]): Promise<void> {
  await world.elapse(LATENCY_MS);
  expect(seen[0]?.scope.aborted).toBe(true);
  await world.elapse(LATENCY_MS);
  expect(seen[1]?.scope.aborted).toBe(true);
}

function begin(client: WordsClient, kind: keyof WordsHandlers, options: object): Promise<unknown> {
  const never = (async function* () {
    yield 'a';
    await new Promise(() => {});
  })();
  switch (kind) {
    case 'echo':
      return client.echo('a', options);
    case 'split':
      return client.split('a', options).next();
    case 'join':
      return client.join(never, options);
    case 'chat':
      return client.chat(never, options).next();
  }
}

/** A client, a server that asks another one, and that one, which never answers. */
function open() {
  const world = new GrpcWorld();
  world.network.setConditions({ latencyMs: LATENCY_MS });
  const seen: GrpcServerCall[] = [];
  const hang = (call: GrpcServerCall): Promise<never> => {
    seen.push(call);
    return new Promise((_, reject) => call.scope.onAbort(reject));
  };
  world.serve('back.test', {
    echo: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it never gets there
    async *split(_, call) {
      await hang(call);
    },
    join: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it never gets there
    async *chat(_, call) {
      await hang(call);
    },
  });
  const back = world.client('back.test');
  const note = (call: GrpcServerCall): { parent: GrpcServerCall } => {
    seen.push(call);
    return { parent: call };
  };
  world.serve('front.test', {
    echo: (text, call) => back.echo(text, note(call)),
    split: (text, call) => back.split(text, note(call)),
    join: (texts, call) => back.join(texts, note(call)),
    chat: (texts, call) => back.chat(texts, note(call)),
  });
  const http = world.http();
  const client = world.client('front.test', {}, http);
  const close = async (): Promise<void> => {
    await world.elapse(50, 10);
    await world.close();
    expect(world.clock.pendingTimers).toBe(0);
  };
  return { world, client, seen, close, vanish: () => http.destroy(new Error('the machine is gone')) };
}
