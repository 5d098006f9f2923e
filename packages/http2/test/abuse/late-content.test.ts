import { describe, expect, it } from 'vitest';
import { data, headers, reset } from '../support/frames.ts';
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

function answerInFull(stage: ProtocolStage): void {
  stage.command((protocol) => protocol.sendFields(stage.stream(1), [':status', '413'], true, stage.nowMs));
  stage.command((protocol) => protocol.reset(stage.stream(1), 'NO_ERROR', stage.nowMs));
}
