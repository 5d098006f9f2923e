import { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { isLamellaError, serviceFn } from '@lamella/service-core';

// Chunks are pulled one at a time, when there is room for them. Trailers follow the last one.
const counter = serviceFn(() => {
  let sent = 0;
  async function* numbers(): AsyncGenerator<string> {
    while (sent < 1_000) yield `${++sent}\n`;
  }
  const trailers = (): HttpHeaders => HttpHeaders.from({ 'X-Sent': String(sent) });
  return HttpResponse.from({ headers: { Trailer: 'X-Sent' }, body: HttpBody.from(numbers(), { trailers }) });
});
const client = httpClientOn(counter);
const get = () => client.serve(HttpRequest.from({ target: 'http://app.test/' }));

// Read to the end: the trailers are there, and the connection is free again.
const whole = await get();
let bytes = 0;
for await (const chunk of whole.body) bytes += chunk.length;
console.log(bytes, whole.body.trailers?.get('x-sent'), client.gauges()[0]?.idle);

// Leave early: the rest is cancelled. Its length is not known, so the connection goes with it.
const partial = await get();
for await (const chunk of partial.body) {
  console.log(Buffer.from(chunk).toString().startsWith('1\n'));
  break;
}
console.log(client.gauges());

// Collect, with a limit.
const limited = await get();
console.log(await limited.body.text({ maxBytes: 100 }).catch((error: unknown) => isLamellaError(error) && error.code));
await client.close();
