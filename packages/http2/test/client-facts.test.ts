import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, HttpRequest as Request } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Http2ClientFacts, Http2Options } from '../src/index.ts';
import { Http2Client, Http2StreamId, http2 } from '../src/index.ts';
import { EarlyFrames } from '../src/protocol/early-frames.ts';
import { http2Origin } from './support/http2-origin.ts';

checkLedger({ beforeEach, afterEach });

describe('what a client says first', () => {
  it('is known to whoever handles its requests', async () => {
    const facts = await factsOf({});
    expect(facts.settings).toEqual([
      [1, 4_096],
      [2, 0],
      [4, 262_144],
      [5, 16_384],
      [6, 65_536],
      [9, 1],
    ]);
    expect(facts).toMatchObject({ windowUpdate: 16_777_216 - 65_535, priorities: [] });
    expect(facts.pseudoHeaderOrder).toEqual(['method', 'scheme', 'authority', 'path']);
  });

  it('is in the order that the client was told', async () => {
    const facts = await factsOf({
      limits: {
        headerTableBytes: 65_536,
        initialStreamWindowBytes: 6_291_456,
        maxHeaderListBytes: 262_144,
        connectionWindowBytes: 15_728_640,
      },
      settingsOrder: ['headerTableSize', 'enablePush', 'initialWindowSize', 'maxHeaderListSize'],
      pseudoHeaderOrder: ['method', 'authority', 'scheme', 'path'],
    });
    expect(facts.akamaiFingerprint).toBe('1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p');
  });

  it.each([
    [{ settingsOrder: [] }, 'must name enablePush'],
    [{ settingsOrder: ['enablePush'] }, 'must name initialWindowSize'],
    [{ settingsOrder: ['enablePush', 'enablePush', 'initialWindowSize'] }, 'stands there twice'],
    [{ settingsOrder: ['push', 'enablePush', 'initialWindowSize'] }, 'names push'],
    [{ pseudoHeaderOrder: ['method', 'path'] }, 'must name method, scheme, authority, path'],
  ])('refuses %j', (options, message) => {
    expect(() => http2(options as Http2Options)).toThrow(message); // what a caller without types may write
  });
});

describe('EarlyFrames', () => {
  it('writes the line of Akamai', () => {
    const early = new EarlyFrames();
    early.noteSetting(1, 65_536);
    early.noteSetting(4, 131_072);
    early.noteSettingsEnd();
    early.noteSetting(4, 1); // a later frame
    early.notePriority({ streamId: 3, isExclusive: false, dependsOn: 0, weight: 201 });
    early.notePriority({ streamId: 5, isExclusive: true, dependsOn: 3, weight: 1 });
    early.noteRequest([':method', 'GET', ':path', '/', 'a', ':b', ':authority', 'x']);
    early.noteWindowUpdate(12_517_377); // too late
    expect(early.akamaiFingerprint).toBe('1:65536;4:131072|00|3:0:0:201,5:1:3:1|m,p,a');
  });

  it('keeps no more than 32 priorities', () => {
    const early = new EarlyFrames();
    for (let id = 1; id < 100; id += 2)
      early.notePriority({ streamId: id, isExclusive: false, dependsOn: 0, weight: 1 });
    expect(early.priorities).toHaveLength(32);
  });
});

async function factsOf(options: Http2Options): Promise<Http2ClientFacts> {
  let facts: Http2ClientFacts | undefined;
  const service = serviceFn((request: HttpRequest) => {
    facts = request.extensions.get(Http2Client);
    expect(request.extensions.get(Http2StreamId)).toBe(1);
    return HttpResponse.text('ok');
  });
  const client = createHttpClient({ connector: http2Origin(service).connector, protocols: [http2(options)] });
  await (await client.serve(Request.from({ target: 'http://a.test/' }))).body.text();
  await client.close();
  if (facts === undefined) throw new Error('the request has no facts of its client');
  return facts;
}
