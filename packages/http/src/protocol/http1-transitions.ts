import { Http1ProtocolError } from '../errors.ts';

/** Where the messages from the peer stand. */
export type InboundState = 'idle' | 'body' | 'done' | 'switched' | 'closed' | 'failed';

/** What happens to them. */
export type InboundStep = 'head' | 'body-end' | 'next' | 'switch' | 'close' | 'fail';

/** Where the messages to the peer stand. */
export type OutboundState = 'idle' | 'head' | 'body' | 'done' | 'switched' | 'closed';

/** What happens to them. */
export type OutboundStep = 'begin' | 'informational' | 'head' | 'data' | 'body-end' | 'next' | 'switch' | 'close';

/**
 * Which step leads where; a step that is not listed is an error of whoever asks for it.
 *
 * @remarks
 * One exchange at a time: `next` takes both directions back to `idle`, and only when both are `done`.
 */
export const INBOUND_STEPS: Readonly<Record<InboundState, Partial<Record<InboundStep, InboundState>>>> = {
  idle: { head: 'body', close: 'closed', fail: 'failed' },
  body: { 'body-end': 'done', close: 'closed', fail: 'failed' },
  done: { next: 'idle', switch: 'switched', close: 'closed', fail: 'failed' },
  switched: {},
  closed: { close: 'closed' },
  failed: { close: 'closed', fail: 'failed' },
};

/** The same for the other direction. */
export const OUTBOUND_STEPS: Readonly<Record<OutboundState, Partial<Record<OutboundStep, OutboundState>>>> = {
  idle: { begin: 'head', close: 'closed' },
  head: { informational: 'head', head: 'body', switch: 'switched', close: 'closed' },
  body: { data: 'body', 'body-end': 'done', close: 'closed' },
  done: { next: 'idle', switch: 'switched', close: 'closed' },
  switched: {},
  closed: { close: 'closed' },
};

/** The state behind a step. @throws Http1ProtocolError `LML_ERR_HTTP1_WRONG_STATE`, local, if there is no such step. */
export function nextInbound(state: InboundState, step: InboundStep): InboundState {
  return INBOUND_STEPS[state][step] ?? wrongState(state, step);
}

/** The state behind a step. @throws Http1ProtocolError `LML_ERR_HTTP1_WRONG_STATE`, local, if there is no such step. */
export function nextOutbound(state: OutboundState, step: OutboundStep): OutboundState {
  return OUTBOUND_STEPS[state][step] ?? wrongState(state, step);
}

function wrongState(state: string, step: string): never {
  const message = `${step} is not possible in state ${state}`;
  throw new Http1ProtocolError('LML_ERR_HTTP1_WRONG_STATE', message, { origin: 'local' });
}
