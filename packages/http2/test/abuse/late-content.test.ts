import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Http2Limits } from '../../src/protocol/http2-limits.ts';
import { data, headers, reset, settings } from '../support/frames.ts';
import { HonestClient } from '../support/honest-client.ts';
import { ProtocolStage } from '../support/protocol-stage.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const FULL = data(1, 'x'.repeat(16_384));
/** Of a stream at first, in frames of that size. */
const WINDOW = 16;
const BAD_WINDOW = 'failed FLOW_CONTROL_ERROR LML_ERR_HTTP2_BAD_WINDOW';

/** How a server ends a stream on which a request was to go on. */
const ends: readonly (readonly [how: string, end: (stage: ProtocolStage) => void])[] = [
  ['has reset', (stage) => stage.command((protocol) => protocol.reset(stage.stream(1), 'CANCEL', stage.nowMs))],
  ['has answered in full, and reset', answerInFull],
  ['has refused', () => {}],
];

describe.each(ends)('content for a stream that a server %s', (how, end) => {
  const opened = (): ProtocolStage => {
    const limits = how === 'has refused' ? { maxConcurrentStreams: 1 } : {};
    const stage = new ProtocolStage('server', { limits });
    if (how === 'has refused') stage.receive(headers(1, POST), headers(3, POST));
    else stage.receive(headers(1, POST));
    end(stage);
    stage.takeEvents();
    return stage;
  };
  const late = how === 'has refused' ? data(3, 'x'.repeat(16_384)) : FULL;

  it('is thrown away, as much as the client was allowed to send, and not a byte more', () => {
    const stage = opened();
    stage.receive(...Array.from({ length: WINDOW }, () => late));
    expect([stage.takeEvents(), stage.protocol.hasFailed]).toEqual([[], false]);
    stage.receive(data(how === 'has refused' ? 3 : 1, 'x'));
    expect(stage.takeEvents()).toEqual([BAD_WINDOW]);
  });

  it('may end it, but not for ever', () => {
    const stage = opened();
    const empty = data(how === 'has refused' ? 3 : 1, '', { end: true });
    stage.receive(...Array.from({ length: 2_500 }, () => empty));
    expect(stage.protocol.hasFailed).toBe(false);
    stage.receive(empty);
    expect(stage.takeEvents()).toEqual(['failed ENHANCE_YOUR_CALM LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND']);
  });
});

it('content for a stream that has ended is thrown away where it can not be told from one that was reset, but once', () => {
  const stage = new ProtocolStage('server');
  stage.receive(headers(1, GET, { end: true }), data(1, 'x'));
  expect(stage.takeEvents().at(-1)).toBe('stream-failed 1 LML_ERR_HTTP2_STREAM_CLOSED');
  stage.receive(data(1, 'x')); // nobody was allowed to send even the first
  expect(stage.takeEvents()).toEqual([BAD_WINDOW]);
});

it('no more may be on its way than the connection has room for, however many streams were reset', () => {
  const stage = new ProtocolStage('server', { limits: { connectionWindowBytes: 65_535 } });
  for (let id = 1; id < 100; id += 2) {
    stage.receive(headers(id, POST));
    stage.command((protocol) => protocol.reset(stage.stream(id), 'CANCEL', stage.nowMs));
  }
  stage.receive(...Array.from({ length: 4 }, () => data(1, 'x'.repeat(16_383))));
  expect(stage.protocol.hasFailed).toBe(false);
  stage.receive(data(3, 'x'.repeat(4)));
  expect(stage.takeEvents().at(-1)).toBe(BAD_WINDOW);
});

it('a server goes on for long with streams that are reset in the middle of their content', () => {
  const stage = new ProtocolStage('server');
  for (let id = 1; id < 400; id += 2) {
    stage.receive(headers(id, POST), data(id, 'x'.repeat(16_384)));
    stage.command((protocol) => protocol.reset(stage.stream(id), 'CANCEL', stage.nowMs));
    stage.receive(...Array.from({ length: WINDOW - 1 }, () => data(id, 'x'.repeat(16_384))));
  }
  expect(stage.protocol.hasFailed).toBe(false); // 50 MiB, of which nobody has read more than one
});

it('a client takes no more for a request that it has taken back either', () => {
  const stage = new ProtocolStage('client');
  stage.open(GET);
  stage.receive(headers(1, [':status', '200']));
  stage.command((protocol) => protocol.reset(stage.stream(1), 'CANCEL', stage.nowMs));
  stage.takeEvents();
  stage.receive(...Array.from({ length: WINDOW }, () => FULL));
  expect(stage.takeEvents()).toEqual([]);
  stage.receive(data(1, 'x'));
  expect(stage.takeEvents()).toEqual([BAD_WINDOW]);
});

it('a client may take back more requests at once than it remembers, and the server is not blamed for late answers', () => {
  const stage = new ProtocolStage('client');
  const ids = Array.from({ length: 1_000 }, () => stage.open(GET).id);
  for (const id of ids) stage.command((protocol) => protocol.reset(stage.stream(id), 'CANCEL', stage.nowMs));
  const { id } = stage.open(GET);
  stage.takeEvents();
  for (const late of ids) stage.receive(headers(late, [':status', '200']), data(late, 'late', { end: true }));
  stage.receive(headers(id, [':status', '200'], { end: true }));
  expect(stage.takeEvents()).toEqual([`response ${id} 200`, `end ${id}`, 'capacity']);
});

it('a client may take back requests all the time, and the server is not blamed for late answers', () => {
  const stage = new ProtocolStage('client');
  for (let round = 0; round < 3_000; round++) {
    const { id } = stage.open(GET);
    stage.command((protocol) => protocol.reset(stage.stream(id), 'CANCEL', stage.nowMs));
    stage.receive(headers(id, [':status', '200']), data(id, 'late'), headers(id, ['grpc-status', '0'], { end: true }));
  }
  expect(stage.protocol.hasFailed).toBe(false);
});

it('what a client sends on a stream that it has reset itself costs resets, and no window', () => {
  const stage = new ProtocolStage('server');
  stage.receive(headers(1, POST), reset(1, 8), FULL, FULL);
  expect(stage.protocol.hasFailed).toBe(false);
  expect(stage.takeFrames()).toEqual(Array(2).fill('RST_STREAM 1 STREAM_CLOSED'));
});

it('a client that keeps to the rules is never failed, whatever is reset or refused, and however late it hears of that', () => {
  const limits = fc.record({
    initialStreamWindowBytes: fc.constantFrom(1, 1_000, 65_535, 262_144),
    maxStreamWindowBytes: fc.constantFrom(65_535, 8_388_608),
    connectionWindowBytes: fc.constantFrom(65_535, 100_000, 16_777_216),
    maxConcurrentStreams: fc.constantFrom(1, 3, 250),
    maxResetsPerSecond: fc.constant(Number.POSITIVE_INFINITY),
    maxControlFramesPerSecond: fc.constant(Number.POSITIVE_INFINITY),
  });
  const what = fc.constantFrom('open', 'send', 'send', 'send', 'hear', 'end', 'reset', 'answer');
  const step = fc.record({
    what,
    which: fc.nat(20),
    byteCount: fc.constantFrom(0, 1, 900, 16_384),
    pad: fc.option(fc.nat(255)),
  });
  let resets = 0;
  fc.assert(
    fc.property(
      limits,
      fc.array(step, { minLength: 50, maxLength: 400, size: 'max' }),
      fc.boolean(),
      (given, steps, reads) => {
        const stage = new ProtocolStage('server', { limits: given, greeting: [settings()] });
        stage.readsBodies = reads;
        const client = new HonestClient();
        // All that the server has said, which the stage has read already.
        const unheard = [...greetingOf(given)];
        for (const { what: kind, which, byteCount, pad } of steps) {
          const id = client.ids[which % Math.max(1, client.ids.length)] ?? 0;
          if (kind === 'open') stage.receive(...client.open());
          else if (kind === 'hear') {
            for (const line of unheard.splice(0, which)) stage.receive(...client.hear(line));
          } else if (id > 0 && kind === 'send') stage.receive(...client.send(id, byteCount, pad ?? undefined));
          else if (id > 0 && kind === 'end') stage.receive(...client.end(id));
          else if (kind === 'reset' || kind === 'answer') {
            const stream = stage.streams.get(id);
            if (stream === undefined) continue;
            resets++;
            stage.command((protocol, nowMs) => {
              if (kind === 'answer') protocol.sendFields(stream, [':status', '413'], true, nowMs);
              protocol.reset(stream, 'NO_ERROR', nowMs);
            });
          }
          unheard.push(...stage.takeFrames(true));
          expect([stage.protocol.hasFailed, stage.lastError]).toEqual([false, undefined]);
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(resets).toBeGreaterThan(100);
});

/** What a server says first. */
function greetingOf(limits: Pick<Http2Limits, 'initialStreamWindowBytes' | 'connectionWindowBytes'>): string[] {
  const more = limits.connectionWindowBytes - 65_535;
  const update = more > 0 ? [`WINDOW_UPDATE 0 +${more}`] : [];
  return [`SETTINGS 4=${limits.initialStreamWindowBytes}`, ...update];
}

function answerInFull(stage: ProtocolStage): void {
  stage.command((protocol) => protocol.sendFields(stage.stream(1), [':status', '413'], true, stage.nowMs));
  stage.command((protocol) => protocol.reset(stage.stream(1), 'NO_ERROR', stage.nowMs));
}
