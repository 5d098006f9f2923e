import { AbortScope } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { allOf } from '../test/support/all-of.ts';
import type { ChatMessage } from './room.ts';
import { REMEMBERED, Room } from './room.ts';

describe('Room', () => {
  it('gives what was said before and what is said later, to everybody, until they leave', async () => {
    const room = new Room('lobby');
    room.say('Ann', 'first', 1_000);
    const visits = [room.visit(new AbortScope()), room.visit(new AbortScope())];
    const heard = visits.map(({ messages }) => allOf(messages));
    await Promise.resolve();
    room.say('Bob', 'second', 2_000);
    expect(room.listeners).toBe(2);
    for (const visit of visits) visit.leave();
    expect(await Promise.all(heard)).toEqual([BOTH, BOTH]);
    expect(room.listeners).toBe(0);
  });

  it('remembers the last messages only: who reads too slowly goes on with the oldest that is left', async () => {
    const room = new Room('lobby');
    room.say('Ann', '1', 0);
    const visit = room.visit(new AbortScope());
    const messages = visit.messages[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ number: 1 });
    for (let number = 2; number <= REMEMBERED + 2; number++) room.say('Ann', String(number), 0);
    expect((await messages.next()).value).toMatchObject({ number: 3 });
    await messages.return?.();
    expect(room.listeners).toBe(0);
  });

  it('ends a visit with the reason of its scope', async () => {
    const room = new Room('lobby');
    const scope = new AbortScope();
    const waiting = allOf(room.visit(scope).messages);
    const reason = new Error('the client is gone');
    scope.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(room.listeners).toBe(0);
  });

  it('sends all away who listen when it closes, and who comes later', async () => {
    const room = new Room('lobby');
    room.say('Ann', 'first', 1_000);
    const heard: ChatMessage[] = [];
    const reason = new Error('closed');
    const waiting = listen(room, heard);
    room.close(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(listen(room, heard)).rejects.toBe(reason);
    expect(heard).toHaveLength(2); // what was said is given before
  });
});

async function listen(room: Room, heard: ChatMessage[]): Promise<void> {
  for await (const message of room.visit(new AbortScope()).messages) heard.push(message);
}

const BOTH = [
  { number: 1, author: 'Ann', text: 'first', atMs: 1_000 },
  { number: 2, author: 'Bob', text: 'second', atMs: 2_000 },
];
