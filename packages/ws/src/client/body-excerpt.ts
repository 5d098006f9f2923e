import type { HttpBody } from '@lamella/http';

/** The beginning of a body as text, so that people see why something was refused; the rest is given up. */
export async function bodyExcerpt(body: HttpBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_EXCERPT_BYTES) break;
    }
  } catch {
    // What came before it broke off is still worth showing.
  }
  body.cancel();
  return Buffer.concat(chunks).subarray(0, MAX_EXCERPT_BYTES).toString();
}

const MAX_EXCERPT_BYTES = 4_096;
