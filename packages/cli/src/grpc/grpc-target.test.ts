import { describe, expect, it } from 'vitest';
import { grpcTarget } from './grpc-target.ts';

describe('grpcTarget', () => {
  it.each([
    [':50051', 'http://127.0.0.1:50051'],
    ['localhost:50051', 'http://localhost:50051'],
    ['https://grpc.test/', 'https://grpc.test'],
    ['https://grpc.test/below/', 'https://grpc.test/below'],
  ])('takes %s', (text, url) => {
    expect(grpcTarget(text)).toEqual({ url });
  });

  it('takes sockets of this machine', () => {
    const dial = { type: 'unix', path: '/run/x.sock' };
    for (const text of ['unix:/run/x.sock', 'unix:///run/x.sock']) {
      expect(grpcTarget(text)).toMatchObject({ url: 'http://localhost', dial });
    }
  });

  it.each([
    ['ftp://h', 1],
    ['http://', 3],
    ['http://me:secret@h', 2],
    ['http://h/?a=b', 3],
    ['unix:', 3],
  ])('refuses %s', (text, exitCode) => {
    expect(() => grpcTarget(text)).toThrow(expect.objectContaining({ exitCode }));
  });
});
