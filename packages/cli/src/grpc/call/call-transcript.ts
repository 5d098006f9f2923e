import type { DescMethod } from '@bufbuild/protobuf';
import type { GrpcMetadata } from '@lamella/grpc';
import { visible } from '../../send/web-socket/visible.ts';

/** The lines of metadata, with a mark for the side that it came from. */
export function metadataLines(mark: '>' | '<', metadata: GrpcMetadata): readonly string[] {
  return Array.from(metadata, ([name, value]) => {
    const text = typeof value === 'string' ? visible(value) : Buffer.from(value).toString('base64');
    return `${mark} ${name}: ${text}`;
  });
}

/** `package.Service/Method (one of four kinds)`. */
export function methodLine({ parent, name, methodKind }: DescMethod): string {
  return `${parent.typeName}/${name} (${methodKind.replace('_', ' ')})`;
}
