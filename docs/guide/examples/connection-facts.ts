import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';

const app = serviceFn((request: HttpRequest) => {
  const peer = request.extensions.get(PeerAddress);
  return HttpResponse.text(`you are ${peer === undefined ? 'unknown' : formatAddress(peer)}`);
});

const client = httpClientOn(app);
const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
const server = response.extensions.get(PeerAddress);

console.log(await response.body.text());
console.log(`and the server is ${server === undefined ? 'unknown' : formatAddress(server)}`);
await client.close();
