import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { GrpcWorld } from './support/grpc-world.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const MESSAGE = 'a'.repeat(16_384);
/** Small windows, so that a few messages fill them. */
const WINDOWS = { initialStreamWindowBytes: 65_535, maxStreamWindowBytes: 65_535 };
/** One window a hop, and at each end of a hop a message that is being read or written, and one in the socket. */
const MOST_AHEAD = 2 * (4 + 6);
const TIMEOUTS = { bodyProgressTimeoutMs: Number.POSITIVE_INFINITY };

describe('a slow consumer behind two hops of gRPC', () => {
  it('stops the server that makes the messages', async () => {
    const world = open();
    let made = 0;
    world.serve(
      'back.test',
      {
        *split() {
          for (;;) {
            made++;
            yield MESSAGE;
          }
        },
      },
      { limits: WINDOWS },
    );
    const stream = world.client('front.test', {}, world.http({ limits: WINDOWS })).split('');
    let taken = 0;
    for (; taken < 100; taken++) {
      const next = stream.next();
      await world.elapse(20, 5);
      await next;
      expect(made - taken).toBeLessThanOrEqual(MOST_AHEAD);
    }
    const before = made;
    await world.elapse(5_000, 500);
    expect(made).toBe(before); // nobody reads, nobody writes
    await stream.return();
    await world.close();
  });

  it('stops the client that makes the messages', async () => {
    const world = open();
    let made = 0;
    let taken = 0;
    let release = (): void => {};
    world.serve(
      'back.test',
      {
        async join(messages) {
          for await (const _ of messages) {
            taken++;
            await new Promise<void>((resolve) => {
              release = resolve;
            });
          }
          return '';
        },
      },
      { limits: WINDOWS, timeouts: TIMEOUTS },
    );
    const controller = new AbortController();
    const messages = (function* () {
      for (;;) {
        made++;
        yield MESSAGE;
      }
    })();
    const call = world.client('front.test').join(messages, { signal: controller.signal });
    const failure = expect(call).rejects.toBe('enough');
    for (let step = 0; step < 50; step++) {
      await world.elapse(20, 5);
      release();
      expect(made - taken).toBeLessThanOrEqual(MOST_AHEAD);
    }
    expect(taken).toBeGreaterThanOrEqual(49);
    controller.abort('enough');
    await failure;
    release();
    await world.close();
  });
});

/** A server in front that passes calls on. */
function open(): GrpcWorld {
  const world = new GrpcWorld();
  world.network.setConditions({ latencyMs: 1 });
  const back = world.client('back.test', {}, world.http({ limits: WINDOWS }));
  world.serve(
    'front.test',
    {
      split: (text, call) => back.split(text, { parent: call }),
      join: (texts, call) => back.join(texts, { parent: call }),
    },
    { limits: WINDOWS, timeouts: TIMEOUTS },
  );
  return world;
}
