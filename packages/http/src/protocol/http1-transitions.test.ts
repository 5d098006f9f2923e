import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../message/http-headers.ts';
import { Http1Inbound } from './http1-inbound.ts';
import { Http1Outbound } from './http1-outbound.ts';
import type { InboundState, InboundStep, OutboundState, OutboundStep } from './http1-transitions.ts';
import { INBOUND_STEPS, nextInbound, nextOutbound, OUTBOUND_STEPS } from './http1-transitions.ts';

const inboundStates: readonly InboundState[] = ['idle', 'body', 'done', 'switched', 'closed', 'failed'];
const inboundSteps: readonly InboundStep[] = ['head', 'body-end', 'next', 'switch', 'close', 'fail'];
const outboundStates: readonly OutboundState[] = ['idle', 'head', 'body', 'done', 'switched', 'closed'];
const outboundSteps: readonly OutboundStep[] = [
  'begin',
  'informational',
  'head',
  'data',
  'body-end',
  'next',
  'switch',
  'close',
];

describe('INBOUND_STEPS', () => {
  it('is about the states and steps that this test knows', () => {
    expect(Object.keys(INBOUND_STEPS)).toEqual(inboundStates);
    for (const steps of Object.values(INBOUND_STEPS)) {
      expect(inboundSteps).toEqual(expect.arrayContaining(Object.keys(steps)));
      expect(inboundStates).toEqual(expect.arrayContaining(Object.values(steps)));
    }
  });

  it.each(inboundStates.flatMap((state) => inboundSteps.map((step) => [state, step] as const)))(
    'decides alone what %s does on %s',
    (state, step) => {
      const next = INBOUND_STEPS[state][step];
      if (next === undefined) expect(() => nextInbound(state, step)).toThrow(wrongState(state, step));
      else expect(nextInbound(state, step)).toBe(next);
    },
  );

  it('lets nobody out of a protocol that was left, and nothing back to life', () => {
    expect(INBOUND_STEPS.switched).toEqual({});
    for (const state of ['closed', 'failed'] as const) {
      expect(['closed', 'failed']).toEqual(expect.arrayContaining(Object.values(INBOUND_STEPS[state])));
    }
  });
});

describe('OUTBOUND_STEPS', () => {
  it('is about the states and steps that this test knows', () => {
    expect(Object.keys(OUTBOUND_STEPS)).toEqual(outboundStates);
    for (const steps of Object.values(OUTBOUND_STEPS)) {
      expect(outboundSteps).toEqual(expect.arrayContaining(Object.keys(steps)));
      expect(outboundStates).toEqual(expect.arrayContaining(Object.values(steps)));
    }
  });

  it.each(outboundStates.flatMap((state) => outboundSteps.map((step) => [state, step] as const)))(
    'decides alone what %s does on %s',
    (state, step) => {
      const next = OUTBOUND_STEPS[state][step];
      if (next === undefined) expect(() => nextOutbound(state, step)).toThrow(wrongState(state, step));
      else expect(nextOutbound(state, step)).toBe(next);
    },
  );
});

/** How an {@link Http1Outbound} is brought into each state, and how each step is asked for. */
const OUTBOUND_WAYS: Readonly<Record<OutboundState, readonly OutboundStep[]>> = {
  idle: [],
  head: ['begin'],
  body: ['begin', 'head'],
  done: ['begin', 'head', 'body-end'],
  switched: ['begin', 'switch'],
  closed: ['close'],
};

const OUTBOUND_CALLS: Readonly<Record<OutboundStep, (outbound: Http1Outbound) => void>> = {
  begin: (outbound) => outbound.begin(),
  informational: (outbound) => outbound.sendInformational('i'),
  head: (outbound) => outbound.sendHead('h', { type: 'until-close' }),
  data: (outbound) => outbound.sendData('d'),
  'body-end': (outbound) => outbound.sendEnd(undefined),
  next: (outbound) => outbound.next(),
  switch: (outbound) => outbound.switchOver('s'),
  close: (outbound) => outbound.close(),
};

describe('Http1Outbound', () => {
  it.each(outboundStates.flatMap((state) => outboundSteps.map((step) => [state, step] as const)))(
    'keeps to the table: %s, %s',
    (state, step) => {
      const outbound = new Http1Outbound();
      for (const way of OUTBOUND_WAYS[state]) OUTBOUND_CALLS[way](outbound);
      expect(outbound.state).toBe(state);
      outbound.takeOutput();

      const next = OUTBOUND_STEPS[state][step];
      if (next !== undefined) {
        OUTBOUND_CALLS[step](outbound);
        expect(outbound.state).toBe(next);
        return;
      }
      expect(() => OUTBOUND_CALLS[step](outbound)).toThrow(wrongState(state, step));
      expect([outbound.state, outbound.takeOutput()]).toEqual([state, []]);
    },
  );

  it('takes trailers where chunks have a place for them, and nowhere else', () => {
    const trailers = HttpHeaders.from({ 'x-sum': '1' });
    const output = (['none', 'chunked', 'until-close'] as const).map((type) => {
      const outbound = new Http1Outbound();
      outbound.begin();
      outbound.sendHead('', { type });
      outbound.sendData('');
      outbound.sendData('data');
      outbound.sendEnd(trailers);
      return outbound.takeOutput().join('');
    });
    expect(output).toEqual(['', '4\r\ndata\r\n0\r\nx-sum: 1\r\n\r\n', 'data']);
  });

  it('sends as many bytes as it said, not one more and not one less', () => {
    const outbound = new Http1Outbound();
    outbound.begin();
    outbound.sendHead('', { type: 'length', length: 4 });
    outbound.sendData('123');
    expect(() => outbound.sendEnd(undefined)).toThrow('the body has less bytes than its content-length says');
    expect(() => outbound.sendData('45')).toThrow(
      expect.objectContaining({ code: 'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', origin: 'local' }),
    );
    // What was too much is not sent, and does not stand in for what is missing.
    expect(() => outbound.sendEnd(undefined)).toThrow('less bytes');
    outbound.sendData('4');
    outbound.sendEnd(undefined);
    expect(outbound.takeOutput().join('')).toBe('1234');
  });
});

/** How an {@link Http1Inbound} is asked for the steps that are its to take. */
const INBOUND_CALLS: Readonly<Partial<Record<InboundStep, (inbound: Http1Inbound<string>) => void>>> = {
  'body-end': (inbound) => inbound.startBody(undefined),
  next: (inbound) => inbound.next(),
  switch: (inbound) => void inbound.switchOver(),
  close: (inbound) => inbound.close(),
  fail: (inbound) => inbound.fail(),
};

describe('Http1Inbound', () => {
  it.each(
    inboundStates.flatMap((state) =>
      Object.entries(INBOUND_CALLS).map(([step, call]) => [state, step as InboundStep, call] as const),
    ),
  )('keeps to the table: %s, %s', (state, step, call) => {
    const inbound = inboundIn(state);
    expect(inbound.state).toBe(state);
    const next = INBOUND_STEPS[state][step];
    if (next === undefined) expect(() => call(inbound)).toThrow(wrongState(state, step));
    else call(inbound);
    expect(inbound.state).toBe(next ?? state);
  });

  it('passes errors on that are not of the peer', () => {
    const broken = new Http1Inbound<string>({
      isPartial: false,
      decode() {
        throw new TypeError('a fault of ours');
      },
    });
    expect(() => broken.nextEvent()).toThrow('a fault of ours');
  });

  it('gives a body that is not accepted yet no byte', () => {
    const inbound = inboundIn('body');
    inbound.receiveBytes(Uint8Array.of(1, 2, 3));
    expect(inbound.nextEvent()).toBeUndefined();
    expect(inbound.bytesWaiting).toBe(3);
  });

  it('drops what comes after the end of everything', () => {
    for (const state of ['closed', 'failed'] as const) {
      const inbound = inboundIn(state);
      inbound.receiveBytes(Uint8Array.of(1, 2, 3));
      expect([inbound.bytesWaiting, inbound.nextEvent()]).toEqual([0, undefined]);
    }
  });
});

/** Heads are single bytes here. */
function inboundIn(state: InboundState): Http1Inbound<string> {
  const inbound = new Http1Inbound<string>({ isPartial: false, decode: (input) => input.next()?.toString() });
  if (state === 'closed') inbound.close();
  if (state === 'failed') inbound.fail();
  if (!['body', 'done', 'switched'].includes(state)) return inbound;
  inbound.receiveBytes(Uint8Array.of(7));
  inbound.nextEvent();
  if (state !== 'body') inbound.startBody(undefined);
  if (state === 'switched') inbound.switchOver();
  return inbound;
}

function wrongState(state: string, step: string) {
  return expect.objectContaining({
    code: 'LML_ERR_HTTP1_WRONG_STATE',
    origin: 'local',
    message: `${step} is not possible in state ${state}`,
  });
}
