import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** What {@link answerWithRequest} tells. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** In order and case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Answers with what `node:http` has received, as JSON. */
export async function answerWithRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: target = '', httpVersion: version, rawHeaders } = request;
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
  const received: ReceivedRequest = { method, target, version, headers, body: await text(request) };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(received));
}

/** Reads the answer of {@link answerWithRequest}. */
export function receivedRequest(json: string): ReceivedRequest {
  return JSON.parse(json) as ReceivedRequest; // it is what the function above has written
}
