import { checkLedger } from '@lamella/net-core/testing';
import { isLamellaError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBystander } from './support/bystander.ts';
import { exchanges } from './support/exchanges.ts';
import type { FaultyEnd } from './support/fault-stage.ts';
import { openFaultStage } from './support/fault-stage.ts';
import { BROKEN_OFF } from './support/faulty-stream.ts';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const conversations = HTTP_VERSIONS.flatMap((version) =>
  exchanges
    .filter(({ versions = HTTP_VERSIONS }) => versions.includes(version))
    .map((exchange) => ({ version, name: exchange.name, exchange })),
);

describe.each(conversations)('$name by $version, broken off at every byte', ({ version, exchange }) => {
  const ends: readonly FaultyEnd[] = ['client', 'origin'];
  const cases = ends.flatMap((end) => (['reset', 'close', 'half-close'] as const).map((type) => ({ end, type })));

  it.each(cases)('by the $end with a $type: one typed outcome each, and nobody else is hurt', async ({ end, type }) => {
    const stage = openFaultStage(version);
    const { chain } = stage;
    const bystander = await openBystander(chain);
    const seen = await stage.measure(exchange, end);
    const outcomes = new Map<string, number>();
    for (const direction of ['in', 'out'] as const) {
      for (let atByte = 0; atByte <= seen[direction]; atByte++) {
        const outcome = await stage.run(exchange, end, { type, direction, atByte });
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await bystander.ask();
      }
    }
    bystander.leave();
    chain.renewEgress();
    await settle();
    const serving = chain.serving;
    await chain.close();

    expect([...outcomes.keys()].filter((outcome) => !OUTCOMES[version].has(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(outcomes.has('complete') ? 1 : 0); // the fault was felt
    expect([...outcomes.values()].reduce((sum, count) => sum + count)).toBe(seen.in + seen.out + 2);
    expect(serving).toBe(0); // nothing had to wait for the end of the chain
    expect(chain.errors.filter((error) => error !== BROKEN_OFF && !isLamellaError(error))).toEqual([]);
    expect(chain.clock.pendingTimers).toBe(0);
  });
});

/** Ways in which a flow may end, whatever the version. */
const COMMON_OUTCOMES = [
  'complete',
  'LML_ERR_HTTP_CONNECTION_CLOSED',
  'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED',
  'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
  'LML_ERR_STREAM_CLOSED',
  'LML_ERR_STREAM_RESET',
  'its own reason', // of the side that broke off
  '502', // the origin went away
  'cut inside', // of a tunnel, or of a pipeline that was reset: what is inside tells
];

/** Every way in which a flow may end. */
const OUTCOMES: Readonly<Record<HttpVersion, ReadonlySet<string>>> = {
  'HTTP/1.1': new Set([
    ...COMMON_OUTCOMES,
    '400', // the proxy got half a request, and could still say so
    'ended between', // pipelined: the connection ended in good order before the next response
  ]),
  'HTTP/2': new Set([
    ...COMMON_OUTCOMES,
    'LML_ERR_HTTP_STREAM_RESET', // the proxy has lost the origin in the response, and goes on with other requests
    'LML_ERR_HTTP2_ANSWERED_BY_HTTP1', // who ends in the preface has not said that it is HTTP/2, and gets an answer of HTTP/1.1
  ]),
};
