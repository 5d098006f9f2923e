import { createHash } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { MultipartPart } from '@lamella/web';
import { bodyService, multipartBody } from '@lamella/web';
import { jsonResponse } from './described-request.ts';

/** Tells the parts of an upload, none of which is kept: however long a file is, a chunk of it is there at a time. */
export function describeUpload(request: HttpRequest): Promise<HttpResponse> {
  return upload.serve(request);
}

const upload = bodyService(multipartBody({ maxFileBytes: 33_554_432 }), async (parts) => {
  const described: DescribedPart[] = [];
  for await (const part of parts) described.push(await describedPart(part));
  return jsonResponse({ parts: described });
});

interface DescribedPart {
  readonly name: string;
  /** Name of a file as the client sent it; null if it is none. */
  readonly filename: string | null;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

async function describedPart({ name, givenFileName, contentType, body }: MultipartPart): Promise<DescribedPart> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { name, filename: givenFileName ?? null, type: contentType, size, sha256: hash.digest('hex') };
}
