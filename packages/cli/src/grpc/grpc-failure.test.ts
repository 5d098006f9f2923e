import { GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import { describe, expect, it } from 'vitest';
import { CliError, EXIT } from '../cli-error.ts';
import { toGrpcError } from './grpc-failure.ts';

describe('toGrpcError', () => {
  it('tells the status by the exit code', () => {
    const error = (status: number, message: string) => toGrpcError(new GrpcStatusError(status, message));
    expect(error(GrpcStatus.NOT_FOUND, 'no\x1bthing')).toMatchObject({
      message: 'NOT_FOUND (5): no\\x1bthing',
      exitCode: 69,
    });
    expect(error(GrpcStatus.UNAUTHENTICATED, '')).toMatchObject({ message: 'UNAUTHENTICATED (16)', exitCode: 80 });
    expect(error(4_000, '')).toMatchObject({ exitCode: 255 });
    const cause = new CliError('that is no proxy', EXIT.proxyNotFound);
    const failed = new GrpcStatusError(GrpcStatus.UNKNOWN, 'the call failed', { cause });
    expect(toGrpcError(failed)).toMatchObject({ message: 'that is no proxy', exitCode: 2 });
    const other = new Error('other');
    expect(toGrpcError(other)).toBe(other);
  });
});
