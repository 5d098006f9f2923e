// #region definition
import type { GrpcCodec } from '@lamella/grpc';
import { defineService, GrpcStatus, GrpcStatusError, grpcClient, grpcService, implementService } from '@lamella/grpc';

/** A message, and a part of the code that was generated for grpc-js; a real one imports it. */
interface Text {
  readonly text: string;
}
const serialize = ({ text }: Text): Buffer => Buffer.concat([Buffer.from([10, text.length]), Buffer.from(text)]);
const deserialize = (bytes: Buffer): Text => ({ text: bytes.toString('utf8', 2) });
const ChatDefinition = {
  say: {
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  },
};

/** Messages as the generated code of grpc-js writes and reads them. */
function codecOf<Message>(write: (message: Message) => Buffer, read: (bytes: Buffer) => Message): GrpcCodec<Message> {
  return { format: 'proto', serialize: write, deserialize: (bytes) => read(Buffer.from(bytes)) };
}
const { say } = ChatDefinition;
const request = codecOf(say.requestSerialize, say.requestDeserialize);
const response = codecOf(say.responseSerialize, say.responseDeserialize);
const Chat = defineService('chat.v1.Chat', {
  say: { type: 'unary', request, response },
  listen: { type: 'server-streaming', request, response },
});
// #endregion definition

// #region handlers
const chat = implementService(Chat, {
  // (call, callback) => callback(null, { text }), with call.sendMetadata(...) and a trailer
  say({ text }, call) {
    if (text === '') throw new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'say something');
    call.answer.metadata.set('x-room', call.metadata.get('x-room') ?? 'lobby');
    call.answer.trailers.set('x-length', String(text.length));
    return { text: text.toUpperCase() };
  },
  // (call) => { call.write(...); call.on('cancelled', ...); call.end(); }
  async *listen({ text }, call) {
    call.signal.addEventListener('abort', () => console.log('the client has left'));
    for (let count = 1; ; count++) yield { text: `${text} ${count}` };
  },
});
// #endregion handlers

// #region calls
const client = grpcClient(grpcService([chat]), Chat); // in a program: of an HttpClient, or of grpcChannel

// client.say(request, metadata, { deadline: Date.now() + 500 }, (error, answer) => ...), call.on('metadata'), call.on('status')
const answer = await client.say(
  { text: 'hello' },
  {
    metadata: { 'x-room': 'kitchen' },
    timeoutMs: 500,
    onMetadata: (metadata) => console.log('room', metadata.get('x-room')),
    onTrailers: (trailers) => console.log('length', trailers.get('x-length')),
  },
);
console.log(answer.text);

// error.code, error.details, error.metadata
const failure = await client.say({ text: '' }).catch((error: GrpcStatusError) => error);
if (failure instanceof GrpcStatusError) console.log(failure.status, failure.statusName, failure.statusMessage);

// client.listen(request).on('data', ...), call.cancel()
for await (const { text } of client.listen({ text: 'tick' })) {
  console.log(text);
  if (text.endsWith('2')) break;
}
// #endregion calls
