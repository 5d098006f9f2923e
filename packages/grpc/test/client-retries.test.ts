import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpStreamResetError } from '@lamella/http';
import { AttemptNumber } from '@lamella/layers';
import { ConnectError } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { GrpcCallOptions, GrpcClientOptions } from '../src/index.ts';
import {
  GrpcMetadata,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcRetryThrottle,
  grpcService,
  implementService,
} from '../src/index.ts';
import type { EchoHandlers } from './support/call-cases.ts';
import { echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

const { UNAVAILABLE, ABORTED } = GrpcStatus;

describe('retries', () => {
  it('try again after a status of the policy, by waits that grow, and say how often they have', async () => {
    const { client, clock, attempts } = setup({ echo: failing(3) }, { retry: { maxAttempts: 4, maxBackoffMs: 300 } });
    const call = client.echo({ value: 'a' });
    await settle(8);
    for (const [index, delayMs] of [100, 200, 300].entries()) {
      expect(attempts).toHaveLength(index + 1);
      await clock.advanceAsync(delayMs - 1);
      expect(attempts).toHaveLength(index + 1);
      await clock.advanceAsync(1);
      await settle(8);
    }
    expect((await call).value).toBe('a');
    expect(attempts.map(({ previous }) => previous)).toEqual([undefined, '1', '2', '3']);
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [0, 80],
    [0.999, 120],
  ])('wait a fifth more or less: chance %d of 100 ms is about %d ms', async (chance, delayMs) => {
    const { client, clock, attempts } = setup({ echo: failing(1) }, { retry: {}, random: () => 1 - chance });
    const call = client.echo({ value: 'a' });
    await settle(8);
    await clock.advanceAsync(delayMs - 1);
    expect(attempts).toHaveLength(1);
    await clock.advanceAsync(2);
    await call;
  });

  it.each<[string, Partial<GrpcClientOptions>, GrpcCallOptions | undefined, number]>([
    ['maxAttempts', { retry: { maxAttempts: 2 } }, undefined, 2],
    ['another status than those of the policy', { retry: { retryableStatuses: [ABORTED] } }, undefined, 1],
    ['no policy', {}, undefined, 1],
    ['a call that wants none', { retry: {} }, { retry: false }, 1],
    ['a call with its own', {}, { retry: { maxAttempts: 5 } }, 5],
    ['a policy for other methods', { retry: ({ name }) => (name === 'Split' ? {} : undefined) }, undefined, 1],
    ['a policy for the method', { retry: ({ name }) => (name === 'Echo' ? {} : undefined) }, undefined, 3],
    ['a throttle with half of its tokens', { retry: {}, retryThrottle: { maxTokens: 2 } }, undefined, 1],
    ['a throttle with more than half', { retry: {}, retryThrottle: { maxTokens: 3 } }, undefined, 2],
    ['no throttle', { retry: { maxAttempts: 20 }, retryThrottle: false }, undefined, 20],
    ['the throttle by default', { retry: { maxAttempts: 20 } }, undefined, 5],
  ])('end by %s', async (_, options, callOptions, attemptCount) => {
    const { client, clock, attempts } = setup({ echo: failing(Number.POSITIVE_INFINITY) }, options);
    const failure = expect(client.echo({ value: 'a' }, callOptions)).rejects.toMatchObject({
      statusName: 'UNAVAILABLE',
      ...(attemptCount > 1 ? { facts: { attempt: attemptCount } } : {}),
    });
    await elapse(clock, 300_000);
    await failure;
    expect(attempts).toHaveLength(attemptCount);
  });

  it('a throttle is for all clients that share it, and fills again as calls succeed', async () => {
    const retryThrottle = grpcRetryThrottle({ maxTokens: 2, tokenRatio: 0.5 });
    const bad = setup({ echo: failing(Number.POSITIVE_INFINITY) }, { retry: {}, retryThrottle });
    await expect(bad.client.echo({ value: 'a' })).rejects.toThrow();
    expect(retryThrottle.tokens).toBe(1);
    const good = setup({ echo: failing(0) }, { retry: {}, retryThrottle });
    await good.client.echo({ value: 'a' });
    expect([retryThrottle.tokens, retryThrottle.allowsRetry]).toEqual([1.5, true]);
  });

  it.each([
    ['7', 7],
    ['0', 0],
  ])('wait as long as the server says: %s', async (pushback, delayMs) => {
    const { client, clock, attempts } = setup({ echo: failing(1, pushback) }, { retry: { initialBackoffMs: 1_000 } });
    const call = client.echo({ value: 'a' });
    await settle(8);
    if (delayMs > 0) {
      await clock.advanceAsync(delayMs - 1);
      expect(attempts).toHaveLength(1);
      await clock.advanceAsync(1);
    }
    expect((await call).value).toBe('a');
  });

  it.each(['-1', 'never', '1.5', ''])('end where the server says %j', async (pushback) => {
    const { client, attempts } = setup({ echo: failing(1, pushback) }, { retry: {} });
    await expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(attempts).toHaveLength(1);
  });

  it('begin anew with the shortest wait after the server has said one', async () => {
    const replies = [undefined, '5', undefined];
    const { client, clock, attempts } = setup(
      { echo: failing(3, () => replies.shift()) },
      { retry: { maxAttempts: 5, backoffMultiplier: 10 } },
    );
    const call = client.echo({ value: 'a' });
    await settle(8);
    for (const delayMs of [100, 5, 100]) await clock.advanceAsync(delayMs).then(() => settle(8));
    expect((await call).value).toBe('a');
    expect(attempts).toHaveLength(4);
  });

  it('are over as soon as the server has begun to answer', async () => {
    const { client, attempts } = setup(
      {
        echo(_, call) {
          call.answer.metadata.append('x-begun', 'yes');
          throw unavailable();
        },
        async *split() {
          yield { value: 'a' };
          throw unavailable();
        },
      },
      { retry: {} },
    );
    await expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(attempts).toHaveLength(1);
    const split = client.split({ value: 'a' });
    expect((await split.next()).value?.value).toBe('a');
    await expect(split.next()).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(attempts).toHaveLength(2);
  });

  it('are bounded by the deadline of the call, of which each attempt is told what is left', async () => {
    const { client, clock, attempts } = setup(
      { echo: failing(Number.POSITIVE_INFINITY) },
      { retry: { maxAttempts: 10, initialBackoffMs: 400, maxBackoffMs: 400 } },
    );
    const failure = expect(client.echo({ value: 'a' }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    });
    await elapse(clock, 1_000, 100);
    await failure;
    expect(attempts.map(({ timeout }) => timeout)).toEqual(['1000000u', '600000u', '200000u']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('end with the reason of the caller in the middle of a wait', async () => {
    const { client, clock } = setup({ echo: failing(9) }, { retry: {} });
    const controller = new AbortController();
    const call = client.echo({ value: 'a' }, { signal: controller.signal });
    await settle(8);
    expect(clock.pendingTimers).toBe(1);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  describe('of streams', () => {
    it('send what was sent already again, pulled once', async () => {
      let fails = 2;
      const log: string[] = [];
      const { client, clock } = setup(
        {
          async join(messages) {
            let joined = '';
            for await (const { value } of messages) {
              joined += value;
              if (joined === 'ab' && fails-- > 0) throw unavailable();
            }
            return { value: joined };
          },
        },
        { retry: {} },
      );
      const call = client.join(pulled(log));
      await elapse(clock, 1_000, 100);
      expect((await call).value).toBe('abcd');
      expect(log).toEqual(['a', 'b', 'c', 'd', 'over']);
    });

    it.each([
      [16, 'OK'],
      [15, 'UNAVAILABLE'],
    ])('keep no more than maxReplayBytes: of %d bytes, two messages of 8 end with %s', async (maxReplayBytes, end) => {
      let fails = 1;
      const log: string[] = [];
      const { client, clock } = setup(
        {
          async join(messages) {
            let joined = '';
            for await (const { value } of messages) {
              joined += value.slice(0, 1);
              if (joined === 'ab' && fails-- > 0) throw unavailable();
            }
            return { value: joined };
          },
        },
        { retry: {}, maxReplayBytes },
      );
      const call = client.join(pulled(log)).then(
        ({ value }) => (value === 'abcd' ? 'OK' : value),
        ({ statusName }) => statusName,
      );
      await elapse(clock, 1_000, 100);
      expect(await call).toBe(end);
      expect(log.at(-1)).toBe('over');
    });

    it('are none where the stream itself fails', async () => {
      const reason = new Error('no more');
      const { client, attempts } = setup({}, { retry: {} });
      const broken = (async function* () {
        yield { value: 'a' };
        throw reason;
      })();
      await expect(client.join(broken)).rejects.toBe(reason);
      expect(attempts).toHaveLength(1);
    });
  });
});

describe('calls that the server has not looked at', () => {
  it.each([
    ['echo', 1],
    ['join', 2],
  ] as const)('are made again at once, without any policy: %s up to %d times', async (kind, most) => {
    for (const refusals of [most, most + 1]) {
      const { client, clock, attempts } = setup({}, {}, refusing(refusals));
      const call = kind === 'echo' ? client.echo({ value: 'a' }) : client.join([{ value: 'a' }]);
      const end = call.then(
        ({ value }) => value,
        ({ statusName }) => statusName,
      );
      expect(await end).toBe(refusals === most ? 'a' : 'UNAVAILABLE');
      // The server is not told of attempts that it has not seen.
      expect(attempts.map(({ previous }) => previous)).toEqual(refusals === most ? [undefined] : []);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe('waiting for a server', () => {
  const noServer = (failures: number) => {
    let left = failures;
    return (inner: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> => ({
      async serve(request) {
        if (left-- > 0) throw new ConnectError('LML_ERR_CONNECT_REFUSED', 'nobody there', { phase: 'connect' });
        return inner.serve(request);
      },
    });
  };

  it('is not what calls do: they fail at once', async () => {
    const { client, clock } = setup({}, {}, noServer(1));
    await expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, Partial<GrpcClientOptions>, GrpcCallOptions]>([
    ['the call', {}, { waitForReady: true }],
    ['the client', { waitForReady: true }, {}],
    ['the method', { waitForReady: ({ name }) => name === 'Echo' }, {}],
  ])('is what they do where %s says so, with waits that grow', async (_, options, callOptions) => {
    const { client, clock } = setup({}, options, noServer(3));
    const call = client.echo({ value: 'a' }, callOptions);
    let isOver = false;
    void call.then(() => {
      isOver = true;
    });
    await settle(8);
    for (const delayMs of [100, 160, 256]) {
      expect(isOver).toBe(false);
      await clock.advanceAsync(delayMs + 0.01);
      await settle(8);
    }
    expect((await call).value).toBe('a');
  });

  it('ends with the deadline', async () => {
    const { client, clock } = setup({}, {}, noServer(Number.POSITIVE_INFINITY));
    const options = { waitForReady: true, timeoutMs: 10_000 };
    const failure = expect(client.echo({ value: 'a' }, options)).rejects.toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    });
    await elapse(clock, 10_000, 100);
    await failure;
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hide other failures', async () => {
    const { client, attempts } = setup({ echo: failing(1) }, { waitForReady: true });
    await expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(attempts).toHaveLength(1);
  });
});

describe('policies', () => {
  it.each<[Partial<GrpcClientOptions>, string]>([
    [{ retry: { maxAttempts: 1 } }, 'maxAttempts must be a whole number >= 2, got 1'],
    [{ retry: { initialBackoffMs: 0 } }, 'initialBackoffMs must be > 0, got 0'],
    [{ retry: { initialBackoffMs: 10, maxBackoffMs: 9 } }, 'maxBackoffMs must be >= 10 and finite, got 9'],
    [{ retry: { backoffMultiplier: 0.5 } }, 'backoffMultiplier must be from 1 to 100, got 0.5'],
    [{ retry: { retryableStatuses: [] } }, 'retryableStatuses must name at least one status'],
    [{ retry: { retryableStatuses: [0] } }, 'retryableStatuses must be codes of 1 to 16, got 0'],
    [{ retry: () => ({ maxAttempts: 1 }) }, 'maxAttempts must be a whole number >= 2, got 1'],
    [{ hedging: { hedgingDelayMs: -1 } }, 'hedgingDelayMs must be >= 0 and finite, got -1'],
    [{ hedging: { hedgingDelayMs: 1, nonFatalStatuses: [17] } }, 'nonFatalStatuses must be codes of 1 to 16, got 17'],
    [{ hedging: { hedgingDelayMs: 1 }, retry: {} }, 'a call is either retried or hedged, not both'],
    [{ retryThrottle: { maxTokens: 0 } }, 'maxTokens must be > 0 and <= 1000, got 0'],
    [{ retryThrottle: { tokenRatio: 0.0001 } }, 'tokenRatio must be >= 0.001, got 0.0001'],
    [{ maxReplayBytes: -1 }, 'maxReplayBytes must be >= 0, got -1'],
    [{ defaultTimeoutMs: () => 0 }, 'defaultTimeoutMs must be > 0, got 0'],
  ])('%j is refused', (options, message) => {
    expect(() => setup({}, options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });

  it('of a call are checked, too', async () => {
    const { client } = setup({});
    const call = client.echo({ value: 'a' }, { hedging: { hedgingDelayMs: Number.NaN } });
    await expect(call).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

interface SeenAttempt {
  readonly previous: string | undefined;
  readonly number: number | undefined;
  readonly timeout: string | undefined;
}

function setup(
  handlers: Partial<EchoHandlers>,
  options: Partial<GrpcClientOptions> = {},
  layer: (inner: Service<HttpRequest, HttpResponse>) => Service<HttpRequest, HttpResponse> = (inner) => inner,
) {
  const clock = new FakeClock();
  const attempts: SeenAttempt[] = [];
  const all = { ...echoHandlers({ calls: [], errors: [], log: [] }), ...handlers };
  const server = grpcService([implementService(EchoService, all)], { clock });
  const counted: Service<HttpRequest, HttpResponse> = {
    serve(request) {
      attempts.push({
        previous: request.headers.get('grpc-previous-rpc-attempts'),
        number: request.extensions.get(AttemptNumber),
        timeout: request.headers.get('grpc-timeout'),
      });
      return server.serve(request);
    },
  };
  // Half of chance is no jitter at all.
  const client = grpcClient(layer(counted), EchoService, { clock, random: () => 0.5, ...options });
  return { client, clock, attempts };
}

/** Fails some times, then echoes. */
function failing(times: number, pushback?: string | (() => string | undefined)): EchoHandlers['echo'] {
  let left = times;
  return async ({ value }) => {
    if (left-- <= 0) return { value };
    const said = typeof pushback === 'function' ? pushback() : pushback;
    throw unavailable(said === undefined ? {} : { 'grpc-retry-pushback-ms': said });
  };
}

function unavailable(metadata: Record<string, string> = {}): GrpcStatusError {
  return new GrpcStatusError(UNAVAILABLE, 'not now', { metadata: GrpcMetadata.from(metadata) });
}

/** Takes some of the content, and has not looked at it. */
function refusing(times: number) {
  let left = times;
  return (inner: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> => ({
    async serve(request) {
      if (left-- <= 0) return inner.serve(request);
      await request.body.read();
      const options = { resetCode: 'REFUSED_STREAM', origin: 'remote', processed: 'no' } as const;
      throw new HttpStreamResetError('the server reset the stream with REFUSED_STREAM', options);
    },
  });
}

async function* pulled(log: string[]) {
  try {
    for (const value of 'abcd') {
      log.push(value);
      yield { value };
    }
  } finally {
    log.push('over');
  }
}

async function elapse(clock: FakeClock, ms: number, stepMs = 1_000): Promise<void> {
  await settle(8);
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advanceAsync(stepMs);
    await settle(8);
  }
}
