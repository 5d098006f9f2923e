import { GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import type { Drainable } from '@lamella/service-core';
import { Room } from './room.ts';

/** All rooms, by name. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  #closedBy: Error | undefined;

  constructor(names: readonly string[]) {
    for (const name of names) this.enter(name);
  }

  list(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  /**
   * The room of a name, which is opened if it is new.
   *
   * @throws GrpcStatusError if the name is none, or there are enough rooms.
   */
  enter(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (!ROOM_NAME.test(name)) {
      throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'a room is 1 to 40 lower case letters, digits or hyphens');
    }
    if (this.#rooms.size >= MAX_ROOMS) {
      throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `there are ${MAX_ROOMS} rooms already`);
    }
    const room = new Room(name);
    if (this.#closedBy !== undefined) room.close(this.#closedBy);
    this.#rooms.set(name, room);
    return room;
  }

  /** Sends everybody away: those who listen would never end by themselves. */
  close(reason: Error): void {
    this.#closedBy = reason;
    for (const room of this.#rooms.values()) room.close(reason);
  }
}

/** Sends those who listen away when a drain begins; clients of gRPC take UNAVAILABLE for a hint to go to another server. */
export function drainOf(rooms: Rooms): Drainable {
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  const leave = (): void => {
    rooms.close(new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'the server is leaving'));
    resolve();
  };
  return { protocol: 'chat', isIdle: true, startDrain: leave, drained, destroy: leave };
}

const ROOM_NAME = /^[a-z0-9-]{1,40}$/;
const MAX_ROOMS = 100;
