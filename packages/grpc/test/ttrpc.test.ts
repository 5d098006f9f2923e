import { create } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { Connection } from '@lamella/net-core';
import { ConnectionId, createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TtrpcServerOptions } from '../src/index.ts';
import { GrpcStatus, GrpcStatusError, implementService, ttrpcChannel, ttrpcClient, ttrpcServer } from '../src/index.ts';
import type { CallCase, EchoHandlers, Seen } from './support/call-cases.ts';
import { all, callCases, eachKind, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

checkLedger({ beforeEach, afterEach });

/** What ttRPC can do as gRPC can: it has no metadata behind messages, no compression, and nothing that cancels a call. */
const SHARED: ReadonlySet<string> = new Set([
  'one message each way',
  'a stream from the server',
  'an empty stream from the server',
  'a stream from the client',
  'streams both ways, message by message',
  'large messages',
  'many calls at once',
  'errors of handlers are UNKNOWN and say nothing, but the server hears of them',
  'an answer before the stream of the client is over stops it',
  'a signal that is aborted already calls nobody',
  'what the stream of a client fails with is what the call fails with',
]);

describe('calls over ttRPC', () => {
  const cases = callCases.filter(({ name }) => SHARED.has(name));
  it('has those cases', () => expect(cases).toHaveLength(SHARED.size));

  it.each(cases)('$name', async (given: CallCase) => {
    const { client, seen, clock, end } = setup({}, given.handlers);
    await given.run(client, seen);
    await end();
    expect(clock.pendingTimers).toBe(0);
  });

  it('end with statuses, messages and details of handlers', async () => {
    const { client, end } = setup({}, () => ({
      async echo() {
        const details = [anyPack(DurationSchema, create(DurationSchema, { seconds: 7n }))];
        throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'nö 100%', { details });
      },
      async *split() {
        yield { value: 'a' };
        throw new GrpcStatusError(GrpcStatus.ABORTED, 'enough');
      },
    }));
    const error: unknown = await client.echo({}).catch((reason: unknown) => reason);
    if (!(error instanceof GrpcStatusError)) throw new Error('it must fail with a status', { cause: error });
    expect([error.statusName, error.statusMessage]).toEqual(['NOT_FOUND', 'nö 100%']);
    expect(error.details[0] && anyUnpack(error.details[0], DurationSchema)?.seconds).toBe(7n);
    const stream = client.split({});
    expect((await stream.next()).value?.value).toBe('a');
    await expect(stream.next()).rejects.toMatchObject({ statusName: 'ABORTED', statusMessage: 'enough' });
    await end();
  });

  it('carry metadata and deadlines to handlers, which know the connection', async () => {
    const { client, seen, end } = setup();
    const metadata = { 'x-word': 'hi', 'word-bin': new Uint8Array([255]) };
    await client.echo({}, { metadata, timeoutMs: 5_000 });
    const [call] = seen.calls;
    expect([call?.metadata.get('x-word'), call?.metadata.getBinary('word-bin')?.[0]]).toEqual(['hi', 255]);
    expect(call?.deadline?.remainingMs).toBe(5_000);
    expect(call?.extensions.get(ConnectionId)).toBeGreaterThan(0);
    await end();
  });

  it.each([{ timeoutMs: 1e13 }, { timeoutMs: Number.MAX_VALUE }, { deadlineAtMs: Number.MAX_SAFE_INTEGER }])(
    'may have a deadline that no field holds: %o',
    async (options) => {
      const { client, seen, end } = setup();
      await client.echo({}, options);
      expect(seen.calls[0]?.deadline?.remainingMs).toBeGreaterThan(9.2e12);
      await end();
    },
  );

  it('end with their deadline at both sides', async () => {
    const { client, clock, log, end } = setup({}, hanging);
    for (let kind = 0; kind < 4; kind++) {
      const [call] = eachKind(client, { timeoutMs: 100 }, kind);
      const failure = expect(call).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
      await settle(16);
      clock.advance(99);
      expect(log).toEqual(['begun']);
      clock.advance(1);
      await failure;
      await settle(16);
      expect(log.splice(0)).toEqual(['begun', 'aborted']);
    }
    await end();
  });

  it('that are cancelled end for their caller, and others go on', async () => {
    const { client, log, end } = setup({}, (seen) => ({ ...hanging(seen), join: echoHandlers(seen).join }));
    const controller = new AbortController();
    const call = client.echo({}, { signal: controller.signal });
    const stream = client.split({}, { signal: controller.signal });
    const failures = [expect(call).rejects.toBe('enough'), expect(stream.next()).rejects.toBe('enough')];
    await settle(16);
    controller.abort('enough');
    await Promise.all(failures);
    expect((await client.join([{ value: 'a' }])).value).toBe('a');
    expect(log).toEqual(['begun', 'begun']); // ttRPC has no way to tell them
    await end();
    await settle(16);
    expect(log).toEqual(['begun', 'begun', 'aborted', 'aborted']);
  });

  it('whose messages nobody wants any more take nothing from others', async () => {
    const { client, end } = setup({ maxBufferedBytes: 1_000 }, () => ({
      async *split() {
        for (let count = 0; count < 100; count++) yield { value: 'x'.repeat(100) };
      },
    }));
    for await (const _ of client.split({})) break;
    expect((await client.echo({ value: 'a' })).value).toBe('a');
    await end();
  });

  it('stop the server where nobody reads, and go on when somebody does', async () => {
    let sent = 0;
    const { client, end } = setup({ maxBufferedBytes: 100_000 }, () => ({
      async *split() {
        for (; sent < 1_000; sent++) yield { value: 'x'.repeat(1_000) };
      },
    }));
    const stream = client.split({});
    await stream.next();
    await settle(500);
    expect(sent).toBeLessThan(300); // what the pipe and both sides hold, of 1 MB
    expect(await all(stream)).toHaveLength(999);
    await end();
  });

  it('that are too long are refused on the side that sends', async () => {
    const { client, end } = setup({ maxMessageBytes: 100 }, () => ({
      async echo({ value }) {
        return { value: value.repeat(100) };
      },
      async *split() {
        yield { value: 'a' };
        yield { value: 'a'.repeat(200) };
      },
    }));
    const tooLong = { statusName: 'RESOURCE_EXHAUSTED' };
    await expect(client.echo({ value: 'a'.repeat(100) })).rejects.toMatchObject(tooLong);
    await expect(client.echo({ value: 'ab' })).rejects.toMatchObject(tooLong);
    await expect(client.join([{ value: 'a'.repeat(100) }])).rejects.toMatchObject(tooLong);
    const stream = client.split({});
    expect((await stream.next()).value?.value).toBe('a');
    await expect(stream.next()).rejects.toMatchObject(tooLong);
    expect((await client.echo({ value: '' })).value).toBe('');
    await end();
  });

  it('are UNAVAILABLE when the connection ends, and their handlers hear of it', async () => {
    const { client, connections, log, end } = setup({}, hanging);
    const calls = eachKind(client);
    const failures = calls.map((call) => expect(call).rejects.toMatchObject({ statusName: 'UNAVAILABLE' }));
    await settle(16);
    connections[0]?.stream.destroy(new Error('the machine is gone'));
    await Promise.all(failures);
    await settle(16);
    expect(log.sort()).toEqual([...Array(4).fill('aborted'), ...Array(4).fill('begun')]);
    await end();
  });
});

describe('ttrpcChannel', () => {
  it('connects with the first call, once for all, and again after the end of a connection', async () => {
    const { client, connections, end } = setup();
    expect(connections).toHaveLength(0);
    await Promise.all(Array.from({ length: 10 }, () => client.echo({})));
    expect(connections).toHaveLength(1);
    connections[0]?.stream.destroy(new Error('the machine is gone'));
    await settle(16);
    expect((await client.echo({ value: 'a' })).value).toBe('a');
    expect(connections).toHaveLength(2);
    await end();
  });

  it('tells calls that it can not connect, and tries anew', async () => {
    let attempts = 0;
    const refused = new Error('refused');
    const channel = ttrpcChannel(() => {
      attempts++;
      return Promise.reject(refused);
    });
    const client = ttrpcClient(channel, EchoService);
    for (let count = 1; count <= 2; count++) {
      await expect(client.echo({})).rejects.toMatchObject({ statusName: 'UNAVAILABLE', cause: refused });
      expect(attempts).toBe(count);
    }
    await channel.close();
    await expect(client.echo({})).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(attempts).toBe(2);
  });

  it('closes when its calls are over, and ends at once when it is destroyed', async () => {
    const gate = Promise.withResolvers<void>();
    const { channel, client, end } = setup({}, () => ({
      async echo(message) {
        await gate.promise;
        return message;
      },
    }));
    const call = client.echo({ value: 'a' });
    await settle(16);
    let isClosed = false;
    const closed = channel.close().then(() => {
      isClosed = true;
    });
    await settle(16);
    expect(isClosed).toBe(false);
    await expect(client.echo({})).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    gate.resolve();
    expect((await call).value).toBe('a');
    await closed;
    await end();

    const other = setup({}, hanging);
    const failure = expect(other.client.echo({})).rejects.toMatchObject({ statusName: 'UNAVAILABLE', cause: 'enough' });
    await settle(16);
    other.channel.destroy('enough');
    await failure;
    await other.end();
  });

  it('leaves a connection that comes too late', async () => {
    const dialled = Promise.withResolvers<Connection>();
    const channel = ttrpcChannel(() => dialled.promise);
    const call = ttrpcClient(channel, EchoService).echo({});
    call.catch(() => {});
    await settle();
    channel.destroy();
    const [near, far] = memoryPipe();
    dialled.resolve(createConnection(near));
    await expect(call).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(await far.read()).toBe(undefined);
    far.destroy();
    await near.closed;
  });

  it('takes part in draining', async () => {
    const lifecycle = createLifecycle();
    const [near, far] = memoryPipe();
    const channel = ttrpcChannel(createConnection(near), { lifecycle });
    const report = await lifecycle.drain({ graceMs: 1_000 });
    expect(report.protocols['ttrpc-client']).toEqual({ finished: 0, closed: 1, cut: 0 });
    await expect(ttrpcClient(channel, EchoService).echo({})).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    far.destroy();
    await far.closed;
  });
});

describe('a drain of ttrpcServer', () => {
  it('closes idle connections, lets calls end, refuses new ones', async () => {
    const gate = Promise.withResolvers<void>();
    const lifecycle = createLifecycle();
    const { client, connections, end } = setup({ lifecycle }, () => ({
      async echo(message) {
        await gate.promise;
        return message;
      },
    }));
    const call = client.echo({ value: 'a' });
    await settle(16);
    const report = lifecycle.drain({ graceMs: 60_000 });
    await expect(client.join([])).rejects.toMatchObject({
      statusName: 'UNAVAILABLE',
      statusMessage: 'the server is leaving',
    });
    gate.resolve();
    expect((await call).value).toBe('a');
    expect((await report).protocols['ttrpc']).toEqual({ finished: 1, closed: 0, cut: 0 });
    await connections[0]?.stream.closed;
    await end();
  });

  it('says UNAVAILABLE to what is left at the end of the grace, and to its handlers', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { client, log, end } = setup({ lifecycle }, hanging);
    const left = { statusName: 'UNAVAILABLE', statusMessage: 'the server is leaving' };
    const failures = [expect(client.echo({})).rejects, expect(all(client.split({}))).rejects].map((call) =>
      call.toMatchObject(left),
    );
    await settle(16);
    const report = lifecycle.drain({ graceMs: 100 });
    await clock.advanceAsync(100);
    await Promise.all(failures);
    expect((await report).protocols['ttrpc']).toEqual({ finished: 0, closed: 0, cut: 1 });
    expect(log).toEqual(['begun', 'begun', 'aborted', 'aborted']);
    await end();
  });
});

describe('options of ttRPC', () => {
  it.each<TtrpcServerOptions>([
    { maxMessageBytes: 16_777_216 },
    { maxMessageBytes: -1 },
    { maxBufferedBytes: -1 },
    { maxConcurrentCalls: 0 },
    { maxMetadataBytes: -1 },
  ])('%j is refused', (options) => {
    expect(() => ttrpcServer([], options)).toThrow(UsageError);
  });

  it('are checked for clients, too', () => {
    expect(() => ttrpcChannel(async () => Promise.reject(), { maxBufferedBytes: Number.NaN })).toThrow(UsageError);
    const channel = ttrpcChannel(async () => Promise.reject());
    expect(() => ttrpcClient(channel, EchoService, { defaultTimeoutMs: 0 })).toThrow(UsageError);
  });
});

function hanging({ log }: Seen): EchoHandlers {
  const hang = async (scope: { onAbort(listener: (reason: unknown) => void): unknown }): Promise<never> => {
    log.push('begun');
    return new Promise((_, reject) => {
      scope.onAbort((reason) => {
        log.push('aborted');
        reject(reason);
      });
    });
  };
  return {
    echo: (_, call) => hang(call.scope),
    // biome-ignore lint/correctness/useYield: it fails before
    async *split(_, call) {
      await hang(call.scope);
    },
    join: (_, call) => hang(call.scope),
    // biome-ignore lint/correctness/useYield: it fails before
    async *chat(_, call) {
      await hang(call.scope);
    },
  };
}

function setup(options: TtrpcServerOptions = {}, handlers: (seen: Seen) => Partial<EchoHandlers> = () => ({})) {
  const seen: Seen = { calls: [], errors: [], log: [] };
  const clock = new FakeClock();
  const server = ttrpcServer([implementService(EchoService, { ...echoHandlers(seen), ...handlers(seen) })], {
    clock,
    onError: (error) => void seen.errors.push(error),
    ...options,
  });
  const { lifecycle, ...limits } = options;
  const connections: Connection[] = [];
  const served: Promise<void>[] = [];
  const channel = ttrpcChannel(async () => {
    const [near, far] = memoryPipe();
    served.push(server.serve(createConnection(far)));
    const connection = createConnection(near);
    connections.push(connection);
    return connection;
  }, limits);
  const end = async () => {
    channel.destroy();
    await Promise.all(served);
  };
  return {
    client: ttrpcClient(channel, EchoService, { clock }),
    channel,
    connections,
    seen,
    log: seen.log,
    clock,
    end,
  };
}
