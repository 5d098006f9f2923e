import { createExtensions } from '@lamella/service-core';
import { expect, it } from 'vitest';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { createConnection, isUpgraded } from './connection.ts';
import { ConnectionId } from './keys.ts';

it('a connection has a number of its own, whatever becomes of its bytes', () => {
  const [near, far] = memoryPipe();
  const [first, second] = [createConnection(near), createConnection(far)];
  const id = first.extensions.get(ConnectionId);
  expect(id).toEqual(expect.any(Number));
  expect(second.extensions.get(ConnectionId)).not.toBe(id);
  expect(first.withStream(far).extensions.get(ConnectionId)).toBe(id);
  near.destroy();
});

it('an upgraded connection is told by its store, and has the number of what it was', () => {
  const [near] = memoryPipe();
  const connection = createConnection(near);
  const upgraded = createConnection(near, { extensions: connection.extensions.fork('upgrade') });
  expect([isUpgraded(connection), isUpgraded(upgraded)]).toEqual([false, true]);
  expect(upgraded.extensions.get(ConnectionId)).toBe(connection.extensions.get(ConnectionId));
  near.destroy();
});

it('a store of somebody else is left as it is', () => {
  const [near] = memoryPipe();
  const extensions = createExtensions('connection');
  expect(createConnection(near, { extensions }).extensions.get(ConnectionId)).toBeUndefined();
  near.destroy();
});
