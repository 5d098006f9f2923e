import { HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { traceLayer } from '@lamella/layers';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { accessLine, tunnelLine } from './access-line.ts';

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
  const lines: string[] = [];
  const layer = traceLayer<HttpRequest, HttpResponse>({ clock, onEnd: (end) => void lines.push(accessLine(end)) });
  const service = serviceFn(() => {
    clock.advance(1.5);
    return answer();
  });
  await directClientOn(layer(service))
    .serve(HttpRequest.from({ target: 'http://h/a?b' }))
    .catch(() => {});
  return lines[0];
}
