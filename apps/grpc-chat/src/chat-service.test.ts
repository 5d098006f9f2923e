import { grpcClient, grpcService } from '@lamella/grpc';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { allOf } from '../test/support/all-of.ts';
import { Chat } from './chat-pb.ts';
import { chatService } from './chat-service.ts';
import { drainOf, Rooms } from './rooms.ts';

// The client stands on the service itself: no HTTP, no sockets.
describe('the chat', () => {
  it('lets those who listen hear what is said', async () => {
    const { chat, rooms } = setup();
    const heard = chat.subscribe({ room: 'lobby' })[Symbol.asyncIterator]();
    const first = heard.next();
    const said = await chat.send({ room: 'lobby', author: 'Ann', text: 'hello' });
    expect(said).toMatchObject({ number: 1, author: 'Ann', text: 'hello', atMs: 1_000 });
    expect((await first).value).toMatchObject({ number: 1, text: 'hello' });
    expect((await chat.listRooms({})).rooms).toMatchObject([{ name: 'lobby', listeners: 1 }]);
    await heard.return?.();
    await expect.poll(() => rooms.enter('lobby').listeners).toBe(0);
  });

  it('lets two talk, live, and everything that was said is heard by the one who stops', async () => {
    const { chat } = setup();
    const texts = async (author: string, words: readonly string[]): Promise<readonly string[]> => {
      const said = words.map((text) => ({ room: 'kitchen', author, text }));
      return (await allOf(chat.talk(said))).map(({ text }) => text);
    };
    expect(await texts('Ann', ['', 'one', 'two'])).toEqual(['one', 'two']);
    expect(await texts('Bob', ['three'])).toEqual(['one', 'two', 'three']);
  });

  it.each([
    ['no room', { room: 'No Room!', author: 'Ann', text: 'hello' }],
    ['no author', { room: 'lobby', author: ' ', text: 'hello' }],
    ['no text', { room: 'lobby', author: 'Ann', text: '' }],
    ['a text that is too long', { room: 'lobby', author: 'Ann', text: 'x'.repeat(2_001) }],
  ])('refuses %s', async (_what, request) => {
    const { chat } = setup();
    await expect(chat.send(request)).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT' });
    const talking = allOf(chat.talk([{ room: 'lobby' }, request]));
    if (request.room === 'lobby') await expect(talking).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT' });
    else expect(await talking).toMatchObject([{ text: 'hello' }]); // the first message has decided on the room
  });

  it('opens a hundred rooms, and no more', async () => {
    const { chat } = setup();
    const send = (number: number) => chat.send({ room: `r${number}`, author: 'Ann', text: 'x'.repeat(2_000) });
    for (let number = 1; number < 100; number++) await send(number);
    await expect(send(100)).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it('sends away who listens when it drains', async () => {
    const { chat, rooms } = setup();
    const lifecycle = createLifecycle();
    lifecycle.register(drainOf(rooms));
    const listening = chat.subscribe({ room: 'lobby' })[Symbol.asyncIterator]().next();
    const talking = allOf(chat.talk(endless()));
    await expect.poll(() => rooms.enter('lobby').listeners).toBe(2);
    expect((await lifecycle.drain()).protocols).toMatchObject({ chat: { cut: 0 } });
    await expect(listening).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    await expect(talking).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect(rooms.enter('lobby').listeners).toBe(0);
  });
});

async function* endless(): AsyncGenerator<{ room: string }> {
  yield { room: 'lobby' };
  await new Promise(() => {});
}

function setup() {
  const rooms = new Rooms(['lobby']);
  const clock = new FakeClock({ epochMs: 1_000 });
  return { rooms, chat: grpcClient(grpcService([chatService(rooms, clock)]), Chat) };
}
