import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpRequest } from '@lamella/http';
import { router, staticFilesService } from '@lamella/web';

const root = await mkdtemp(join(tmpdir(), 'lamella-'));
await writeFile(join(root, 'hello.txt'), 'hello world');
await writeFile(join(root, '.secret'), 'not for you');

const app = router().mount('/files', staticFilesService({ root, cacheControl: 'public, max-age=60' }));

for (const [target, headers] of [
  ['/files/hello.txt', {}],
  ['/files/hello.txt', { Range: 'bytes=-5' }],
  ['/files/.secret', {}],
  ['/files/..%2f..%2fetc%2fpasswd', {}],
  ['/files/%2e%2e/%2e%2e/etc/passwd', {}],
] as const) {
  const response = await app.serve(HttpRequest.from({ target, headers }));
  const text = response.status < 300 ? await response.body.text() : '';
  response.body.cancel();
  console.log(target, '->', response.status, text);
}
await rm(root, { recursive: true });
