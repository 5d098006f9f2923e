import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcService,
  implementService,
  jsonCodec,
} from '@lamella/grpc';

const text = jsonCodec(String);
const Chat = defineService('chat.v1.Chat', {
  say: { type: 'unary', request: text, response: text },
  spell: { type: 'server-streaming', request: text, response: text },
  join: { type: 'client-streaming', request: text, response: text },
  shout: { type: 'bidi', request: text, response: text },
});

// A server: a service for HTTP requests.
const service = grpcService([
  implementService(Chat, {
    async say(message, call) {
      if (message === '') throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'say something');
      return `${call.metadata.get('x-room') ?? 'nowhere'}: ${message}`;
    },
    *spell(message) {
      yield* message;
    },
    async join(messages) {
      const parts: string[] = [];
      for await (const message of messages) parts.push(message);
      return parts.join(' ');
    },
    async *shout(messages) {
      for await (const message of messages) yield message.toUpperCase();
    },
  }),
]);

// A client: of any service for HTTP requests, here the server's own.
const chat = grpcClient(service, Chat, { defaultTimeoutMs: 5_000 });
console.log(await chat.say('hello', { metadata: { 'x-room': 'kitchen' } }));
for await (const letter of chat.spell('abc')) console.log(letter);
console.log(await chat.join(['one', 'two']));
for await (const answer of chat.shout(['hey', 'you'])) console.log(answer);
try {
  await chat.say('');
} catch (error) {
  if (error instanceof GrpcStatusError) console.log(error.statusName, error.statusMessage);
}
