import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { data, headers } from '../support/frames.ts';
import { RawServer } from '../support/raw-server.ts';
import { clientCases } from './client/client-cases.ts';
import type { ClientCase, ClientRequest } from './support/client-case.ts';

checkLedger({ beforeEach, afterEach });

describe.each(Object.entries(clientCases))('a client, %s', (_theme, cases) => {
  it.each(cases)('$section: $name', async (row) => {
    for (const pieceBytes of [Number.POSITIVE_INFINITY, 1, 7]) {
      const { limits = {}, timeouts = {}, greeting } = row;
      const server = await RawServer.open({ limits, timeouts, pieceBytes, ...(greeting && { greeting }) });
      onTestFinished(() => server.close());
      const results: string[] = [];
      await play(row, server, results, pieceBytes);
      expect(results).toEqual(row.results);
      await goesOn(row, server);
      await server.close();
      expect(server.clock.pendingTimers, 'timers left').toBe(0);
    }
  });
});

it('has cases of another name each', () => {
  const names = Object.values(clientCases).flatMap((cases) => cases.map(({ section, name }) => `${section}: ${name}`));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

async function play(row: ClientCase, server: RawServer, results: string[], pieceBytes: number): Promise<void> {
  const { requests = [{}], turns = [{ answers: [], ...row }] } = row;
  if (row.turns === undefined) {
    await start(requests, server, results);
    await server.takeFrames();
  }
  for (const turn of turns) {
    if (row.turns !== undefined) await start(turn.requests ?? [], server, results);
    await server.send(...(turn.send ?? []));
    if (turn.waitMs !== undefined) await server.clock.advanceAsync(turn.waitMs);
    const frames = await server.takeFrames();
    expect({ pieceBytes, frames }).toEqual({ pieceBytes, frames: turn.answers });
  }
}

/** Begins requests, whose results are noted when they are there. */
async function start(requests: readonly ClientRequest[], server: RawServer, results: string[]): Promise<void> {
  for (const init of requests) {
    const at = results.push('pending') - 1;
    const request = HttpRequest.from({ target: 'http://a.test/', ...init });
    resultOf(request, server).then(
      (result) => {
        results[at] = result;
      },
      (error: unknown) => {
        results[at] = String(Reflect.get(Object(error), 'code'));
      },
    );
  }
  await settle(4);
}

async function resultOf(request: HttpRequest, { connection }: RawServer): Promise<string> {
  const response = await connection.serve(request);
  if (response.upgraded !== undefined) {
    response.upgraded.stream.destroy();
    return `${response.status} upgraded`;
  }
  const text = await response.body.text();
  const trailers = response.body.trailers?.flat ?? [];
  return [response.status, text, ...trailers].join(' ').trim();
}

/** Other requests are answered, or the connection has ended in good order. */
async function goesOn({ end, isLast }: ClientCase, server: RawServer): Promise<void> {
  if (end === 'closed') {
    expect({ frames: await server.takeFrames(), ended: server.ended }).toEqual({ frames: [], ended: 'end' });
    expect(server.connection.state).not.toBe('open');
    return;
  }
  if (isLast === true) return;
  const results: string[] = [];
  await start([{}], server, results);
  const [head] = await server.takeFrames();
  const streamId = Number(/^HEADERS (\d+) /.exec(head ?? '')?.[1]);
  await server.send(headers(streamId, [':status', '200']), data(streamId, 'next', { end: true }));
  expect({ results, ended: server.ended }).toEqual({ results: ['200 next'], ended: 'no' });
}
