// Client and server of gRPC in one process: argument 1 is what joins them (direct, memory, connect: the router transport of Connect).
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { grpcClient, grpcService, implementService } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { Talk } from '../../support/grpc/talk-pb.ts';
import { HELLO } from './payloads.ts';
import { type Ask, playRounds } from './rounds.ts';

const [, , kind = ''] = process.argv;
const say = async ({ text }: { readonly text: string }) => ({ text });
const none = (): never => {
  throw new Error('only one method is called here');
};
const service = () => grpcService([implementService(Talk, { say, find: none, spell: none, join: none, chat: none })]);

const kinds: Readonly<Record<string, () => Ask>> = {
  direct() {
    const client = grpcClient(service(), Talk);
    return async () => (await client.say({ text: HELLO })).text;
  },
  memory() {
    const network = memoryNetwork();
    void serveListener(network.listen('talk.test:80'), http2ServerLayer()(service()));
    const http = createHttpClient({ connector: network.connector(), protocols: [http2()] });
    const client = grpcClient(http, Talk, { url: 'http://talk.test' });
    return async () => (await client.say({ text: HELLO })).text;
  },
  connect() {
    const client = createClient(
      Talk,
      createRouterTransport(({ service: add }) => void add(Talk, { say })),
    );
    return async () => (await client.say({ text: HELLO })).text;
  },
};

const ask = kinds[kind]?.();
if (ask === undefined) throw new Error(`ways: ${Object.keys(kinds).join(', ')}`);
await playRounds(ask, HELLO, 64);
