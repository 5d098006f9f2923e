import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { Talk } from '../../support/grpc/talk-pb.ts';

/** What a browser has seen of its calls. */
export interface BrowserFindings {
  readonly said: string;
  readonly spelt: readonly string[];
  readonly header: string | null;
  readonly trailer: string | null;
  readonly failure: readonly (string | number | null)[];
  readonly streamFailure: string;
  readonly late: string;
}

/** Runs in the page: calls a server by one of the protocols that browsers speak. */
export async function callFromBrowser(
  protocol: 'connect' | 'grpc-web',
  baseUrl: string,
  useBinaryFormat: boolean,
): Promise<BrowserFindings> {
  const transport =
    protocol === 'connect'
      ? createConnectTransport({ baseUrl, useBinaryFormat, useHttpGet: true })
      : createGrpcWebTransport({ baseUrl, useBinaryFormat });
  const client = createClient(Talk, transport);
  let header: string | null = null;
  let trailer: string | null = null;
  await client.say(
    { text: 'metadata' },
    {
      headers: { 'x-word': 'hi' },
      onHeader: (head) => {
        header = head.get('x-word');
      },
      onTrailer: (end) => {
        trailer = end.get('end-x-word');
      },
    },
  );
  const spelt: string[] = [];
  for await (const { text } of client.spell({ text: 'abc' })) spelt.push(text);
  const error = await failureOf(client.say({ text: 'fail' }));
  const streamError = await failureOf(client.spell({ text: 'fail' })[Symbol.asyncIterator]().next());
  const late = await failureOf(client.say({ text: 'hang' }, { timeoutMs: 200 }));
  return {
    said: (await client.find({ text: 'ä', bigNumber: 2n ** 60n })).text,
    spelt,
    header,
    trailer,
    failure: [error.code, error.rawMessage, error.details.length],
    streamFailure: Code[streamError.code],
    late: Code[late.code],
  };
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('the call has not failed');
}

Object.assign(globalThis, { callFromBrowser });
