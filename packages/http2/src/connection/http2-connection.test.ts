import { httpConnectionCases } from '@lamella/http/testing';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { systemClock } from '@lamella/service-core';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { http2 } from '../client/http2.ts';
import { http2ServerLayer } from '../server/http2-server-layer.ts';

checkLedger({ beforeEach, afterEach });

describe.each([
  ['at once', {}],
  ['in pieces', { chunkBytes: [1, 5_000] as const }],
])('HTTP/2 over a pipe that delivers %s', (_how, forward) => {
  it.each(httpConnectionCases)('$name', ({ run }) =>
    run({
      async connect(service) {
        const [near, far] = memoryPipe({ forward });
        void http2ServerLayer({ onError() {} })(service).serve(createConnection(far));
        const connection = http2().open(createConnection(near), { isToProxy: false, clock: systemClock });
        return {
          connection,
          reset() {
            far.destroy(new Error('reset by the test'));
          },
        };
      },
    }),
  );
});
