// An origin in a process of its own: GET /N sends N bytes of the pattern, PUT answers with the sum of what it got.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { patternChunks } from './pattern.ts';

const server = createServer(async (request, response) => {
  if (request.method === 'PUT') {
    const hash = createHash('sha1');
    for await (const chunk of request) hash.update(chunk as Buffer); // nobody has set an encoding
    response.end(hash.digest('hex'));
    return;
  }
  const length = Number(request.url?.slice(1));
  response.setHeader('Content-Length', length);
  for (const chunk of patternChunks(length)) {
    if (!response.write(chunk)) await once(response, 'drain');
  }
  response.end();
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // it listens on TCP
  console.log(`http://127.0.0.1:${port}`);
});
