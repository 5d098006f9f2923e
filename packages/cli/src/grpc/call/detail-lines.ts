import { toJson } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { visible } from '../../send/web-socket/visible.ts';
import type { GrowingRegistry } from '../schemas/growing-registry.ts';

/** What an error tells more: JSON where the schema of a detail is known, else its type and its bytes. */
export async function detailLines(details: readonly Any[], registry: GrowingRegistry): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const detail of details) {
    try {
      lines.push(JSON.stringify(await registry.convert((known) => toJson(AnySchema, detail, { registry: known }))));
    } catch {
      lines.push(JSON.stringify({ '@type': detail.typeUrl, bytes: Buffer.from(detail.value).toString('base64') }));
    }
  }
  return lines.map((line) => `  ${visible(line)}`);
}
