import type { GrpcImplementation } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError, implementService } from '@lamella/grpc';
import type { Clock } from '@lamella/service-core';
import type { SendRequest } from './chat-pb.ts';
import { Chat } from './chat-pb.ts';
import type { ChatMessage, Room } from './room.ts';
import type { Rooms } from './rooms.ts';

/** Rooms as a service of gRPC: one message each way, a stream of the server, a stream each way. */
export function chatService(rooms: Rooms, clock: Clock): GrpcImplementation {
  const say = (room: Room, { author, text }: SendRequest): ChatMessage => {
    requireText('author', author, 40);
    requireText('text', text, 2_000);
    return room.say(author, text, clock.epochMs());
  };

  return implementService(Chat, {
    listRooms: () => ({ rooms: rooms.list().map(({ name, listeners }) => ({ name, listeners })) }),

    send: (request) => say(rooms.enter(request.room), request),

    subscribe: ({ room }, { scope }) => rooms.enter(room).visit(scope).messages,

    async *talk(requests, { scope }) {
      const incoming = requests[Symbol.asyncIterator]();
      const first = await incoming.next();
      if (first.done === true) return;
      const room = rooms.enter(first.value.room);
      const visit = room.visit(scope);
      const talking = sayAll(first.value, incoming, (request) => say(room, request)).finally(visit.leave);
      talking.catch(() => {}); // it is awaited below, unless the call is over before
      yield* visit.messages;
      await talking;
    },
  });
}

/** Says one after the other; a text that is empty only enters the room. */
async function sayAll(
  first: SendRequest,
  rest: AsyncIterator<SendRequest>,
  say: (request: SendRequest) => void,
): Promise<void> {
  if (first.text !== '') say(first);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) say(next.value);
}

function requireText(what: string, text: string, maxLength: number): void {
  if (text.trim() !== '' && text.length <= maxLength) return;
  throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, `${what} must have 1 to ${maxLength} characters`);
}
