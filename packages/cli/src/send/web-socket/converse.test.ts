import { httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { WebSocketConnection, WebSocketData } from '@lamella/ws';
import { connectWebSocket, webSocketService } from '@lamella/ws';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Conversation } from './converse.ts';
import { converse } from './converse.ts';
import { noInput } from './socket-input.ts';

checkLedger({ beforeEach, afterEach });

describe('converse', () => {
  it('sends the first messages, then lines, and shows what comes', async () => {
    const { talk, shown, received, clock } = await setup(echo);
    const ended = talk({ first: ['one', Uint8Array.of(2)], input: lines('three', 'four') });
    await settle();
    await clock.advanceAsync(WAIT_MS);
    expect(await ended).toMatchObject({ code: 1000, initiator: 'local', wasClean: true });
    expect(received).toEqual(['one', '[2]', 'three', 'four']);
    expect(shown).toEqual(received);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for answers until nothing has come for waitMs', async () => {
    const { talk, shown, clock, server } = await setup(listen);
    const ended = talk({ first: ['ask'], input: noInput });
    await settle();
    await clock.advanceAsync(WAIT_MS - 1);
    await server.value?.send('late');
    await settle();
    await clock.advanceAsync(WAIT_MS - 1);
    expect([shown, server.value?.state]).toEqual([['late'], 'open']);
    await clock.advanceAsync(1);
    expect(await ended).toMatchObject({ code: 1000, initiator: 'local' });
  });

  it('closes at once where somebody has ended the lines', async () => {
    const { talk, clock } = await setup(echo);
    const ended = talk({ input: { ...lines('one'), closesAtEnd: true } });
    await settle();
    expect(await ended).toMatchObject({ code: 1000, initiator: 'local' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when the server closes, and waits for no more lines', async () => {
    const { talk, input } = await setup((socket) => void socket.close(4000, 'enough'));
    expect(await talk({ input })).toMatchObject({ code: 4000, reason: 'enough', initiator: 'remote' });
    expect(input.isClosed).toBe(true);
  });

  it('shows all that was said before the server closed, one after the other', async () => {
    const { talk, input } = await setup((socket) => {
      void socket.send('one');
      void socket.send('two');
      void socket.close(1000);
    });
    const shown: WebSocketData[] = [];
    let isShowing = false;
    const show = async (message: WebSocketData): Promise<void> => {
      expect(isShowing).toBe(false);
      isShowing = true;
      await settle();
      isShowing = false;
      shown.push(message);
    };
    expect(await talk({ input, show })).toMatchObject({ code: 1000, initiator: 'remote' });
    expect(shown).toEqual(['one', 'two']);
  });

  it('fails with what the input fails with, and closes with 1001', async () => {
    const failure = new Error('no such line');
    const { talk, server } = await setup(echo);
    const broken = {
      ...lines(),
      lines: (async function* () {
        yield 'one';
        throw failure;
      })(),
    };
    await expect(talk({ input: broken })).rejects.toBe(failure);
    expect(await server.value?.closed).toMatchObject({ code: 1001, initiator: 'remote' });
  });

  it('fails with what the output fails with', async () => {
    const failure = new Error('disk full');
    const { talk, input } = await setup(echo);
    const ended = talk({ first: ['one'], input, show: () => Promise.reject(failure) });
    await expect(ended).rejects.toBe(failure);
    expect(input.isClosed).toBe(true);
  });

  it('is over when the connection is, with lines still to come', async () => {
    const { talk, input } = await setup((socket) => socket.destroy());
    expect(await talk({ first: ['lost'], input })).toMatchObject({ code: 1006 });
    expect(input.isClosed).toBe(true);
  });
});

type Serve = (socket: WebSocketConnection) => void | Promise<void>;

async function setup(serve: Serve) {
  const clock = new FakeClock();
  const received: string[] = [];
  const shown: string[] = [];
  const server: { value?: WebSocketConnection } = {};
  const service = webSocketService({
    clock,
    timeouts: QUIET,
    async onConnection(socket) {
      server.value = socket;
      await serve(tapped(socket, received));
      await socket.closed;
    },
  });
  const client = httpClientOn(service, { clock });
  onTestFinished(() => client.destroy());
  const socket = await connectWebSocket(client, { url: 'ws://app.test/', clock, timeouts: QUIET });
  const input = endless();
  const talk = (changes: Partial<Conversation>) =>
    converse({
      socket,
      first: [],
      input,
      show: async (message) => void shown.push(plain(message)),
      waitMs: WAIT_MS,
      clock,
      ...changes,
    });
  return { talk, clock, received, shown, server, input };
}

/** Remembers what is received. */
function tapped(socket: WebSocketConnection, received: string[]): WebSocketConnection {
  const receive = socket.receive.bind(socket);
  return Object.assign(socket, {
    async receive() {
      const message = await receive();
      if (message !== undefined) received.push(plain(message));
      return message;
    },
  });
}

async function echo(socket: WebSocketConnection): Promise<void> {
  for (;;) {
    const message = await socket.receive().catch(() => undefined);
    if (message === undefined) return;
    await socket.send(message)?.catch(() => {});
  }
}

async function listen(socket: WebSocketConnection): Promise<void> {
  while ((await socket.receive().catch(() => undefined)) !== undefined);
}

/** Bytes as text, to be compared. */
function plain(message: WebSocketData): string {
  return typeof message === 'string' ? message : `[${message.join()}]`;
}

function lines(...texts: readonly string[]): Conversation['input'] {
  return {
    lines: (async function* () {
      yield* texts;
    })(),
    closesAtEnd: false,
    close() {},
  };
}

/** An input of which nothing comes until it is closed. */
function endless(): Conversation['input'] & { readonly isClosed: boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isClosed = false;
  return {
    lines: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          await promise;
          return { done: true, value: undefined };
        },
      }),
    },
    closesAtEnd: false,
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      resolve();
    },
  };
}

const WAIT_MS = 500;
/** Pings would be timers that are no part of this. */
const QUIET = { pingIntervalMs: Number.POSITIVE_INFINITY } as const;
