import { checkLedger } from '@lamella/net-core/testing';
import { isLamellaError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectFailures } from './support/failures/connect-failures.ts';
import { FailureWorld } from './support/failures/failure-world.ts';
import { responseFailures } from './support/failures/response-failures.ts';
import { serverFailures } from './support/failures/server-failures.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const failures = [...connectFailures, ...responseFailures, ...serverFailures];

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
    // One line tells people the same.
    expect(error.message).toContain(failure.tells);
    expect(error.message).not.toContain('\n');
    expect(world.clock.pendingTimers).toBe(0);
  });
});

it('all kinds of failure are there', () => {
  expect(failures.length).toBeGreaterThanOrEqual(40);
  expect(new Set(failures.map(({ name }) => name)).size).toBe(failures.length);
});
