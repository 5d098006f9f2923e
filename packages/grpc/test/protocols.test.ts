import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import type { CallCase, Seen } from './support/call-cases.ts';
import { callCases, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { http1Stage, protocolStages } from './support/protocol-stages.ts';
import type { Stage } from './support/stages.ts';

describe.each(['proto', 'json'])('calls in the format %s', (format) => {
  // The way makes no difference to the format.
  const isWanted = ({ name }: Stage): boolean => format === 'proto' || name.endsWith(http1Stage.name);

  describe.each(protocolStages.filter(isWanted))('by $name', (stage) => {
    checkLedger({ beforeEach, afterEach });

    it.each(callCases)('$name', async (given: CallCase) => {
      const seen: Seen = { calls: [], errors: [], log: [] };
      const clock = new FakeClock();
      const onError = (error: unknown): void => void seen.errors.push(error);
      const handlers = { ...echoHandlers(seen), ...given.handlers?.(seen) };
      const service = grpcService([implementService(EchoService, handlers)], { clock, onError, ...given.server });
      const open = stage.open(service, { onError });
      const options = { url: 'http://app.test', clock, format, ...given.client };
      await given.run(grpcClient(open.service, EchoService, options), seen);
      await open.close();
      expect(clock.pendingTimers).toBe(0);
    });
  });
});
