import { HttpRequest, HttpResponse } from '@lamella/http';
import { bodyService, multipartBody } from '@lamella/web';

const upload = bodyService(multipartBody({ maxFileBytes: 1_000 }), async (parts) => {
  const lines: string[] = [];
  for await (const { name, fileName, givenFileName, body } of parts) {
    if (fileName === undefined) {
      lines.push(`${name}: ${await body.text()}`);
      continue;
    }
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length; // a slow consumer slows the client down
    lines.push(`${name}: ${bytes} bytes as ${fileName}, which came as ${givenFileName}`);
  }
  return HttpResponse.text(lines.join('\n'));
});

for (const size of [300, 1_001]) {
  const form = new FormData();
  form.append('note', 'from the holidays');
  form.append('photo', new Blob(['x'.repeat(size)]), '../../beach.jpg');
  const sent = new Request('http://app.test/', { method: 'POST', body: form });
  const headers = { 'Content-Type': sent.headers.get('content-type') ?? '' };
  const body = new Uint8Array(await sent.arrayBuffer());
  const response = await upload.serve(HttpRequest.from({ method: 'POST', target: '/', headers, body }));
  console.log(response.status, await response.body.text());
}
