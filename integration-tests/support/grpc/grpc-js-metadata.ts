import { Metadata } from '@grpc/grpc-js';
import type { GrpcMetadataInit } from '@lamella/grpc';
import { GrpcMetadata } from '@lamella/grpc';

/** Our metadata as that of grpc-js. */
export function toGrpcJs(init: GrpcMetadataInit | undefined): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of GrpcMetadata.from(init)) {
    metadata.add(name, typeof value === 'string' ? value : Buffer.from(value));
  }
  return metadata;
}

/** Metadata of grpc-js as ours; the reserved names that it shows are left out, but for the details of a status. */
export function fromGrpcJs(received: Metadata): GrpcMetadata {
  const metadata = new GrpcMetadata();
  for (const name of Object.keys(received.getMap())) {
    for (const value of received.get(name)) {
      const own = typeof value === 'string' ? value : new Uint8Array(value);
      if (name === 'grpc-status-details-bin') metadata.setReceived(name, own);
      else if (!/^(?:grpc|content)-/.test(name)) metadata.append(name, own);
    }
  }
  return metadata;
}
