import { GrpcStatus, grpcClient, grpcService } from '@lamella/grpc';
import { HttpRequest, HttpResponse, httpTraceLayer } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { accessLine, tunnelLine } from './access-line.ts';
import { Echo } from './grpc-echo/echo-pb.ts';
import { grpcEcho } from './grpc-echo/grpc-echo.ts';

describe('accessLine', () => {
  it('has peer, method, target, status and time', async () => {
    expect(await lineFor(() => HttpResponse.from({ status: 404 }))).toBe('192.0.2.1:49152 GET /a?b 404 1.5ms');
  });

  it('says that there was no response', async () => {
    const line = await lineFor(() => {
      throw new Error('broken');
    });
    expect(line).toBe('192.0.2.1:49152 GET /a?b error 1.5ms');
  });

  it('comes behind the last byte, and says if that never came', async () => {
    const { lines, serve } = traced(serviceFn(() => HttpResponse.text('content')));
    const response = await serve();
    expect(lines).toEqual([]);
    await response.body.text();
    expect(lines).toEqual(['192.0.2.1:49152 GET /a?b 200 0.0ms']);
    (await serve()).body.cancel();
    expect(lines[1]).toBe('192.0.2.1:49152 GET /a?b 200 aborted 0.0ms');
  });

  it('says how a call of gRPC has ended, with and without messages', async () => {
    const { lines, service } = traced(grpcService([grpcEcho({ clock: new FakeClock() })]));
    const client = grpcClient(service, Echo);
    await client.say({ message: 'a' });
    await client.say({ failStatus: GrpcStatus.NOT_FOUND }).catch(() => {});
    for await (const _ of client.repeat({ message: 'a', count: 1 }));
    expect(lines.map((line) => line.replace(/^.*(?=\/[A-Z])/, ''))).toEqual([
      '/Say 200 OK 0.0ms',
      '/Say 200 NOT_FOUND 0.0ms',
      '/Repeat 200 OK 0.0ms',
    ]);
  });
});

describe('tunnelLine', () => {
  it('has target, reason, bytes and time', () => {
    const request = HttpRequest.from({ method: 'CONNECT', target: 'h:443' });
    const outcome = { reason: 'eof', bytesUp: 12, bytesDown: 3_456, ageMs: 7, firstByteMs: 1 } as const;
    expect(tunnelLine(outcome, request)).toBe('tunnel h:443 ended by eof: 12 bytes up, 3456 down, 7.0ms');
  });
});

async function lineFor(answer: () => HttpResponse): Promise<string | undefined> {
  const clock = new FakeClock();
  const service = serviceFn(() => {
    clock.advance(1.5);
    return answer();
  });
  const { lines, serve } = traced(service, clock);
  await serve().catch(() => {});
  return lines[0];
}

function traced(inner: Service<HttpRequest, HttpResponse>, clock: FakeClock = new FakeClock()) {
  const lines: string[] = [];
  const onEnd = (_: undefined, end: Parameters<typeof accessLine>[0]) => void lines.push(accessLine(end));
  const service = httpTraceLayer<undefined>({ clock, onStart: () => undefined, onEnd })(inner);
  const serve = () => directClientOn(service).serve(HttpRequest.from({ target: 'http://h/a?b' }));
  return { lines, service, serve };
}
