import { checkLedger } from '@lamella/net-core/testing';
import type { LamellaError } from '@lamella/service-core';
import { isLamellaError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectFailures } from './support/failures/connect-failures.ts';
import { FailureWorld } from './support/failures/failure-world.ts';
import { http2Failures } from './support/failures/http2-failures.ts';
import { http2ServerFailures } from './support/failures/http2-server-failures.ts';
import { responseFailures } from './support/failures/response-failures.ts';
import { serverFailures } from './support/failures/server-failures.ts';
import { tlsFailures } from './support/failures/tls-failures.ts';
import { tlsServerFailures } from './support/failures/tls-server-failures.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const byHttp1 = [...connectFailures, ...responseFailures, ...serverFailures];
const byHttp2 = [...http2Failures, ...http2ServerFailures];
const byTls = [...tlsFailures, ...tlsServerFailures];
const failures = [...byHttp1, ...byHttp2, ...byTls];

describe('an error says what failed, where, and whether to try again', () => {
  it.each(failures)('$name: $code in $phase', async (failure) => {
    const world = new FailureWorld();
    const error = await world.failureOf(failure.induce(world));
    await world.close();
    if (!isLamellaError(error)) throw new Error(`not one of ours: ${String(error)}`, { cause: error });
    const { layer, phase, retryable } = error.facts;
    expect({ code: error.code, layer, phase, retryable }).toEqual({
      code: failure.code,
      layer: failure.layer,
      phase: failure.phase,
      retryable: failure.retryable,
    });
    if (failure.because !== undefined) expect(lastCause(error)).toMatchObject({ code: failure.because });
    // One line tells people the same.
    expect(error.message).toContain(failure.tells);
    expect(error.message).not.toContain('\n');
    expect(world.clock.pendingTimers).toBe(0);
  });
});

it('all kinds of failure are there', () => {
  expect(byHttp1.length).toBeGreaterThanOrEqual(50);
  expect(byHttp2.length).toBeGreaterThanOrEqual(35);
  expect(byTls.length).toBeGreaterThanOrEqual(28);
  expect(new Set(failures.map(({ name }) => name)).size).toBe(failures.length);
});

/** The last of the causes that is one of ours: what users look for. */
function lastCause(error: LamellaError): LamellaError {
  return isLamellaError(error.cause) ? lastCause(error.cause) : error;
}
