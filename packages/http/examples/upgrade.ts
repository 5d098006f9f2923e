import type { HttpRequest as Request } from '@lamella/http';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';

// The handler gets the connection once the head of the answer has been written.
const shout = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    await stream.write([Buffer.from(Buffer.from(chunk).toString().toUpperCase())]);
  }
  await stream.closeWrite();
});
const server = serviceFn(({ headers }: Request) =>
  headers.get('upgrade') === 'shout'
    ? HttpResponse.upgrade({ headers: { Upgrade: 'shout' } }, shout)
    : HttpResponse.text('ask for an upgrade to shout', { status: 426, headers: { Upgrade: 'shout' } }),
);

const client = httpClientOn(server);
const headers = { Connection: 'Upgrade', Upgrade: 'shout' };
const { status, upgraded } = await client.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
if (upgraded === undefined) throw new Error(`refused with ${status}`);

void upgraded.stream.write([Buffer.from('hello')]);
await upgraded.stream.closeWrite();
console.log(status, Buffer.from((await upgraded.stream.read()) ?? []).toString());
await client.close();
