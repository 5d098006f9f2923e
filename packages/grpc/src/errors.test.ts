import { create } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from './codec/grpc-status.ts';
import { decodeStatusDetails, encodeStatusDetails } from './codec/status-details.ts';
import { GrpcStatusError } from './errors.ts';
import { GrpcMetadata } from './messages/grpc-metadata.ts';

describe('GrpcStatusError', () => {
  it('says the status in words', () => {
    const error = new GrpcStatusError(GrpcStatus.NOT_FOUND, 'no such user');
    expect([error.message, error.statusName, error.status]).toEqual(['NOT_FOUND: no such user', 'NOT_FOUND', 5]);
    expect(error.facts).toEqual({ layer: 'grpc', protocolCode: 'NOT_FOUND', retryable: false });
    expect(new GrpcStatusError(14).facts.retryable).toBe(true);
    expect(new GrpcStatusError(14).message).toBe('UNAVAILABLE');
  });

  it('carries details, which survive the way through metadata', () => {
    const value = create(StringValueSchema, { value: 'é' });
    const details = [
      anyPack(StringValueSchema, value),
      anyPack(DurationSchema, create(DurationSchema, { seconds: 3n })),
    ];
    const sent = new GrpcStatusError(3, 'bad', { details, metadata: GrpcMetadata.from({ a: 'b' }) });
    expect(sent.trailers.get('a')).toBe('b');
    const received = new GrpcStatusError(3, 'bad', { metadata: sent.trailers });
    const [first] = received.details;
    expect(received.details).toHaveLength(2);
    expect(first && anyUnpack(first, StringValueSchema)?.value).toBe('é');
    expect(sent.metadata.has('grpc-status-details-bin')).toBe(false);
  });

  it('has no details where they are malformed or missing', () => {
    const metadata = new GrpcMetadata();
    expect(new GrpcStatusError(3, '', { metadata }).details).toEqual([]);
    metadata.setReceived('grpc-status-details-bin', new Uint8Array([0x1a, 0xff]));
    expect(new GrpcStatusError(3, '', { metadata }).details).toEqual([]);
  });

  it('writes the fields that google.rpc.Status has', () => {
    expect(Buffer.from(encodeStatusDetails(5, 'no', [])).toString('hex')).toBe('080512026e6f');
    expect(decodeStatusDetails(new Uint8Array([0x08, 5, 0x12, 2, 0x6e, 0x6f]))).toEqual([]);
    expect(decodeStatusDetails(new Uint8Array([0x08]))).toBe(undefined);
  });
});
