import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { systemClock } from '@lamella/service-core';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { http1 } from '../client/http1.ts';
import { httpServerLayer } from '../server/http-server-layer.ts';
import { httpConnectionCases } from '../testing/http-connection-cases.ts';

checkLedger({ beforeEach, afterEach });

describe.each([
  ['at once', {}],
  ['in pieces', { chunkBytes: [1, 5_000] as const }],
])('HTTP/1.1 over a pipe that delivers %s', (_how, forward) => {
  it.each(httpConnectionCases)('$name', ({ run }) =>
    run({
      async connect(service) {
        const [near, far] = memoryPipe({ forward });
        void httpServerLayer({ onError() {} })(service).serve(createConnection(far));
        const connection = http1().open(createConnection(near), { isToProxy: false, clock: systemClock });
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
