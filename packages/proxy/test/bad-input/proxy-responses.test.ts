import type { ByteStream } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WireEnd } from '../support/wire-end.ts';
import { badOrigins, oddOrigins } from './rows/bad-origins.ts';
import { cutsOf } from './support/cuts-of.ts';
import type { BadOrigin } from './support/proxy-case.ts';
import { badGateway, get, OK } from './support/proxy-case.ts';
import type { ClientSide } from './support/proxy-stage.ts';
import { ProxyStage } from './support/proxy-stage.ts';

checkLedger({ beforeEach, afterEach });

const INTERIM = /^HTTP\/1\.1 102 Processing\r\n\r\n/;
const GET = Buffer.from(get().replace(' @/', ' /'), 'latin1');

describe('a proxy whose origin sends', () => {
  it.each(badOrigins)('$name: $rule', async ({ input, ending, type }) => {
    const stage = new OriginStage();
    for (const { name, parts } of cutsOf(input, 1)) {
      const { answers: all, end } = await stage.run(parts, ending);
      const answers = all.replace(INTERIM, '');
      if (answers.startsWith('HTTP/1.1 502')) {
        expect({ name, answers, end }).toEqual({ name, answers: badGateway(type ?? ''), end: 'kept' });
      } else {
        // The head was on its way: the client is told by a reset, and could never take the rest for a whole.
        expect({ name, end, isWhole: isWhole(answers) }).toEqual({ name, end: 'reset', isWhole: false });
      }
      expect(stage.isConnected).toBe(false);
    }
    await stage.expectUnhurt();
  });

  it.each(oddOrigins)('$name: $rule', async ({ input, ending, answers }) => {
    const stage = new OriginStage();
    for (const { name, parts } of cutsOf(input, 1)) {
      const outcome = await stage.run(parts, ending);
      if (name === 'whole') expect(outcome).toEqual({ answers, end: 'kept' });
      expect({ name, end: outcome.end, content: contentOf(outcome.answers) }).toEqual({
        name,
        end: 'kept',
        content: 'ok',
      });
    }
    await stage.expectUnhurt();
  });

  it('more than its response never gets that to a client (RFC 9112 section 9.2)', async () => {
    const stage = new OriginStage();
    const input = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden';
    for (const { name, parts } of cutsOf(input, 1)) {
      const { answers, end } = await stage.run(parts);
      expect([OK, badGateway('http_protocol_error')]).toContain(answers);
      expect({ name, end, isConnected: stage.isConnected }).toEqual({ name, end: 'kept', isConnected: false });
    }
    await stage.expectUnhurt();
  });

  it('a response at every byte of which it breaks off: whole, 502 or reset, never half as a whole', async () => {
    const stage = new OriginStage();
    const input = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: 1\r\n\r\n';
    for (const ending of ['end', 'reset'] as const) {
      for (let length = 0; length < input.length; length++) {
        const { answers, end } = await stage.run([Buffer.from(input.slice(0, length), 'latin1')], ending);
        if (answers.startsWith('HTTP/1.1 502')) expect(end).toBe('kept');
        else expect({ length, end, isWhole: isWhole(answers) }).toEqual({ length, end: 'reset', isWhole: false });
      }
    }
    await stage.expectUnhurt();
  });
});

describe('the corpus of origins', () => {
  it('has names and rules of their own', () => {
    const rows = [...badOrigins, ...oddOrigins];
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(new Set(rows.map(({ rule }) => rule)).size).toBe(rows.length);
  });
});

/** A reverse proxy in front of an origin that sends what the test says. */
class OriginStage {
  readonly #proxy: ProxyStage = new ProxyStage('reverse', (stream) => void this.#serve(stream));
  #script: { readonly parts: readonly Uint8Array[]; readonly ending?: BadOrigin['ending'] } = { parts: [] };
  #served: Promise<void> = Promise.resolve();
  #done = Promise.withResolvers<void>();
  #origin: WireEnd | undefined;

  /** Whether the proxy holds on to its connection to the origin. */
  get isConnected(): boolean {
    return this.#origin?.ended === 'no';
  }

  /** Asks by GET, and lets the origin answer with the parts, one after the other, on a connection of their own. */
  async run(parts: readonly Uint8Array[], ending?: BadOrigin['ending']): Promise<ClientSide> {
    this.#origin?.stream.destroy();
    await settle(2);
    this.#script = { parts, ending };
    this.#done = Promise.withResolvers();
    this.#served = this.#done.promise;
    return this.#proxy.run([GET], undefined, this.#served);
  }

  /** Another client gets a good answer. */
  async expectUnhurt(): Promise<void> {
    expect(await this.run([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')])).toEqual({
      answers: OK,
      end: 'kept',
    });
    // A response that broke off on its way is reported, and nothing else.
    for (const error of this.#proxy.errors) expect(error).toMatchObject({ facts: { phase: 'response-body' } });
    await this.#proxy.close();
    this.#origin?.stream.destroy();
    expect(this.#proxy.clock.pendingTimers).toBe(0);
  }

  async #serve(stream: ByteStream): Promise<void> {
    const end = new WireEnd(stream);
    this.#origin = end;
    await end.receiveHead();
    for (const part of this.#script.parts) {
      void stream.write([part]);
      await settle(1);
    }
    if (this.#script.ending === 'end') end.end();
    if (this.#script.ending === 'reset') end.reset();
    await settle(2);
    this.#done.resolve();
  }
}

/** Whether a client would take this for a whole response. */
function isWhole(response: string): boolean {
  const headEnd = response.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const content = response.slice(headEnd + 4);
  const length = /\r\nContent-Length: ([0-9]+)\r\n/.exec(response);
  return length === null ? /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(content) : content.length >= Number(length[1]);
}

/** The content of a whole response. */
function contentOf(response: string): string {
  const headEnd = response.indexOf('\r\n\r\n');
  const content = response.slice(headEnd + 4);
  if (!response.slice(0, headEnd).includes('Transfer-Encoding: chunked')) return content;
  let whole = '';
  for (let at = 0; ; ) {
    const lineEnd = content.indexOf('\r\n', at);
    const size = Number.parseInt(content.slice(at, lineEnd), 16);
    if (!(size > 0)) return whole;
    whole += content.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
