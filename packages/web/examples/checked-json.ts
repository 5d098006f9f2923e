import { HttpRequest, HttpResponse } from '@lamella/http';
import { bodyService, jsonBody } from '@lamella/web';
import { z } from 'zod';

const order = z.object({ item: z.string(), count: z.number().int().positive() });
const service = bodyService(jsonBody({ schema: order, maxBytes: 1_000 }), ({ item, count }) =>
  HttpResponse.text(`${count} of ${item}`),
);

for (const [type, body] of [
  ['application/json', '{"item": "tea", "count": 2}'],
  ['application/json', '{"item": "tea", "count": 0}'],
  ['application/json', '{"item": "tea"'],
  ['text/plain', 'tea'],
  ['application/json', `"${'x'.repeat(1_000)}"`],
] as const) {
  const headers = { 'Content-Type': type };
  const response = await service.serve(HttpRequest.from({ method: 'POST', target: '/', headers, body }));
  console.log(response.status, await response.body.text());
}
