import { checkLedger } from '@lamella/net-core/testing';
import { isLamellaError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from './support/faulty-stream.ts';
import { BROKEN_OFF, faultyStream } from './support/faulty-stream.ts';
import { flippedStream } from './support/flipped-stream.ts';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import type { RecordBounds } from './support/tls-fault-stage.ts';
import { TlsFaultStage } from './support/tls-fault-stage.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe.each(HTTP_VERSIONS)('a request by %s, broken off inside of TLS', (version) => {
  const ends = ['client', 'server'] as const;
  const cases = ends.flatMap((end) => (['reset', 'half-close', 'stall'] as const).map((type) => ({ end, type })));

  it.each(cases)('by the $end with a $type: one typed outcome each, and nobody else is hurt', async ({ end, type }) => {
    const stage = await TlsFaultStage.open(version);
    await stage.askBeside();
    const faults = faultsOf(await stage.measure(end), type);
    const outcomes = new Map<string, number>();
    for (const [index, fault] of faults.entries()) {
      const outcome = await stage.run(end, (stream) => faultyStream(stream, fault));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (index % 8 === 0) await stage.askBeside();
    }
    await stage.askBeside();
    const { errors, serving, clock } = stage;
    await stage.close();

    expect([...outcomes.keys()].filter((outcome) => !OUTCOMES[version].has(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(outcomes.has('complete') ? 1 : 0); // the fault was felt
    expect(serving).toBe(0);
    expect(errors.filter((error) => error !== BROKEN_OFF && !isLamellaError(error))).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe.each(HTTP_VERSIONS)('a request by %s, with a byte changed inside of TLS', (version) => {
  it.each(['client', 'server'] as const)('at the %s: a typed error, and never another response', async (end) => {
    const stage = await TlsFaultStage.open(version);
    await stage.askBeside();
    const outcomes = new Map<string, number>();
    for (const { direction, atByte } of faultsOf(await stage.measure(end), 'reset')) {
      const outcome = await stage.run(end, (stream) => flippedStream(stream, { direction, atByte }));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    await stage.askBeside();
    const { errors, serving, clock } = stage;
    await stage.close();

    // A byte of a hello may ask for another version, or for another protocol.
    const isTyped = (outcome: string): boolean => outcome.startsWith('LML_ERR_TLS_') || OUTCOMES[version].has(outcome);
    expect([...outcomes.keys()].filter((outcome) => !isTyped(outcome))).toEqual([]);
    expect(outcomes.get('LML_ERR_TLS_PROTOCOL')).toBeGreaterThan(0); // the change was felt
    expect(serving).toBe(0);
    expect(errors.filter((error) => !isLamellaError(error))).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

/** Around the beginning of each record, and here and there inside: every byte would take minutes. */
function faultsOf(bounds: RecordBounds, type: Fault['type']): Fault[] {
  return (['in', 'out'] as const).flatMap((direction) => {
    const bytes = new Set<number>();
    const last = bounds[direction].at(-1) ?? 0;
    for (const bound of bounds[direction]) for (let at = bound - 2; at <= bound + 2; at++) bytes.add(at);
    for (let at = 0; at < last; at += STRIDE) bytes.add(at);
    const inside = [...bytes].filter((at) => at >= 0 && at <= last);
    return inside.map((atByte) => ({ type, direction, atByte }));
  });
}

const STRIDE = 397;

/** Ways in which a request may end, whatever the version. */
const COMMON_OUTCOMES = [
  'complete',
  'LML_ERR_TLS_CLOSED',
  'LML_ERR_TLS_FAILED', // of the side that broke off
  'LML_ERR_TLS_TIMEOUT',
  'LML_ERR_TIMEOUT', // of what waits for a response
  'LML_ERR_HTTP_CONNECTION_CLOSED',
  'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
];

/** Every way in which a request may end. */
const OUTCOMES: Readonly<Record<HttpVersion, ReadonlySet<string>>> = {
  'HTTP/1.1': new Set([...COMMON_OUTCOMES, '408']), // the server got half a request, and could still say so
  'HTTP/2': new Set([...COMMON_OUTCOMES, 'LML_ERR_HTTP_STREAM_RESET']),
};
