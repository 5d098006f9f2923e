import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { data, headers, ping } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

describe('a client whose call was given up in vain', () => {
  it('asks the server after a second of silence, and takes it out of use until it is heard', async () => {
    const server = await RawServer.open();
    let changes = 0;
    server.connection.onChange(() => changes++);
    await giveUp(server, 1_000);
    expect([server.connection.isInDoubt, changes]).toEqual([true, 1]);
    expect(pings(await server.takeFrames())).toBe(1);
    await server.send(ping('sign-of-', true));
    expect([server.connection.isInDoubt, server.connection.state, changes]).toEqual([false, 'open', 2]);
    await server.close();
  });

  it('ends a connection whose server does not answer, and all that was under way on it', async () => {
    const server = await RawServer.open();
    const other = server.connection.serve(get());
    const failure = expect(other).rejects.toMatchObject({ limit: 'pingTimeoutMs', facts: { phase: 'ping' } });
    await giveUp(server, 1_000);
    server.clock.advance(19_999);
    await settle(4);
    expect(server.connection.state).toBe('open');
    server.clock.advance(1);
    await failure;
    expect(server.connection.state).toBe('closed');
    await server.close();
  });

  it('has no doubt about a server that was heard meanwhile, or that had less than a second', async () => {
    const server = await RawServer.open();
    await giveUp(server, 999);
    await server.send(ping('whatever'));
    await giveUp(server, 600, () => server.send(ping('whatever')), 600);
    expect([server.connection.isInDoubt, pings(await server.takeFrames())]).toEqual([false, 0]);
    await server.close();
  });

  it('adds up short waits: each may be too short to tell', async () => {
    const server = await RawServer.open();
    for (let call = 0; call < 3; call++) await giveUp(server, 300);
    expect(server.connection.isInDoubt).toBe(false);
    await giveUp(server, 300);
    expect(server.connection.isInDoubt).toBe(true);
    await server.close();
  });

  it.each([
    [19_999, false],
    [20_000, true],
  ])('in a body that pauses for %i ms: %s', async (silenceMs, isInDoubt) => {
    const server = await RawServer.open();
    const answer = server.connection.serve(get());
    await settle(4);
    await server.send(headers(1, [':status', '200']), data(1, 'begins'));
    const { body } = await answer;
    await body.read();
    const more = body.read();
    server.clock.advance(silenceMs);
    body.cancel();
    await more.catch(() => {});
    await settle(4);
    expect(server.connection.isInDoubt).toBe(isInDoubt);
    await server.close();
  });

  it('has no doubt where it is the reader of a body who is slow', async () => {
    const server = await RawServer.open();
    const answer = server.connection.serve(get());
    await settle(4);
    await server.send(headers(1, [':status', '200']), data(1, 'begins'));
    const { body } = await answer;
    server.clock.advance(25_000);
    body.cancel();
    await settle(4);
    expect(server.connection.isInDoubt).toBe(false);
    await server.close();
  });
});

/** A call whose caller has had enough after so long. */
async function giveUp(
  { clock, connection }: RawServer,
  afterMs: number,
  meanwhile?: () => Promise<void>,
  thenMs = 0,
): Promise<void> {
  const caller = new AbortController();
  const outcome = expect(connection.serve(get(caller.signal))).rejects.toBe('enough');
  clock.advance(afterMs);
  await meanwhile?.();
  clock.advance(thenMs);
  caller.abort('enough');
  await outcome;
  await settle(4);
}

function get(signal?: AbortSignal): HttpRequest {
  return HttpRequest.from({ target: 'http://a.test/', ...(signal && { signal }) });
}

function pings(frames: readonly string[]): number {
  return frames.filter((frame) => frame === 'PING sign-of-').length;
}
