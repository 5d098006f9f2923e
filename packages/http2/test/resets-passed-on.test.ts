import { createHttpClient, HttpBody, HttpRequest, HttpResponse, HttpStreamResetError } from '@lamella/http';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2, http2ServerLayer } from '../src/index.ts';

checkLedger({ beforeEach, afterEach });

describe('a response whose source was reset by the next server', () => {
  it.each([
    ['CANCEL', 'remote', 'CANCEL'],
    ['ENHANCE_YOUR_CALM', 'remote', 'ENHANCE_YOUR_CALM'],
    ['INADEQUATE_SECURITY', 'remote', 'INADEQUATE_SECURITY'],
    ['CANCEL', 'local', 'INTERNAL_ERROR'],
    ['NO_ERROR', 'remote', 'INTERNAL_ERROR'],
    ['REFUSED_STREAM', 'remote', 'INTERNAL_ERROR'],
    ['FLOW_CONTROL_ERROR', 'remote', 'INTERNAL_ERROR'],
    ['HTTP_1_1_REQUIRED', 'remote', 'INTERNAL_ERROR'],
  ] as const)('by %s (%s) is reset with %s', async (resetCode, origin, expected) => {
    async function* content() {
      yield 'some of it';
      throw new HttpStreamResetError('reset', { resetCode, origin, processed: 'unknown' });
    }
    const server = http2ServerLayer({ onError() {} })(
      serviceFn(async () => HttpResponse.from({ body: HttpBody.from(content()) })),
    );
    const connector = {
      serve: async () => {
        const [near, far] = memoryPipe();
        void server.serve(createConnection(far));
        return createConnection(near);
      },
    };
    const client = createHttpClient({ connector, protocols: [http2()] });
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    await expect(response.body.text()).rejects.toMatchObject({ resetCode: expected });
    await client.close();
  });
});
