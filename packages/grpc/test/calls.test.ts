import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import type { CallCase, Seen } from './support/call-cases.ts';
import { callCases, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { stages } from './support/stages.ts';

describe.each(stages)('calls over $name', (stage) => {
  checkLedger({ beforeEach, afterEach });

  it.each(callCases)('$name', async (given: CallCase) => {
    const seen: Seen = { calls: [], errors: [], log: [] };
    const clock = new FakeClock();
    const onError = (error: unknown): void => void seen.errors.push(error);
    const handlers = { ...echoHandlers(seen), ...given.handlers?.(seen) };
    const service = grpcService([implementService(EchoService, handlers)], { clock, onError, ...given.server });
    const open = stage.open(service, { onError });
    const client = grpcClient(open.service, EchoService, { url: 'http://app.test', clock, ...given.client });
    await given.run(client, seen);
    await open.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
