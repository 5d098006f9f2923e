// Streams bytes through compressionLayer and decompressionLayer, and prints how much memory that took, in MiB.
// Usage: stream-through-coding.ts CODING BYTES
import type { ContentCoding } from '@lamella/http';
import { compressionLayer, decompressionLayer, HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';

const [coding, byteCount = '0'] = process.argv.slice(2);
const codings = [coding as ContentCoding]; // the layers refuse anything else
const chunk = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 7_919) % 251));

async function* content(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < Number(byteCount); sent += chunk.length) {
    chunk.writeUInt32LE(sent / chunk.length, sent % 61_440); // not the same again and again
    yield chunk;
  }
}

const service = stack(
  decompressionLayer({ codings, maxBytes: Number.POSITIVE_INFINITY, maxRatio: Number.POSITIVE_INFINITY }),
  compressionLayer({ codings, levels: { gzip: 1, br: 1, zstd: 1, deflate: 1 } }),
  serviceFn((_: HttpRequest) =>
    HttpResponse.from({ headers: { 'Content-Type': 'text/plain' }, body: HttpBody.from(content()) }),
  ),
);
const { body } = await service.serve(HttpRequest.from({ target: 'http://app.test/' }));

let received = 0;
let settled = 0; // what the process weighs once everything has been loaded and warmed up
let peak = 0;
for await (const part of body) {
  received += part.length;
  const rss = process.memoryUsage.rss();
  if (received < Number(byteCount) / 8) settled = Math.max(settled, rss);
  else peak = Math.max(peak, rss);
}
console.log(JSON.stringify({ received, grownMiB: Math.ceil((peak - settled) / 1_048_576) }));
