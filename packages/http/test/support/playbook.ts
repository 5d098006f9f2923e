import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { OutputPart } from '../../src/protocol/http1-outbound.ts';
import { cut } from './arbitraries.ts';
import { bytesOf, textOf } from './codec.ts';

/** What a playbook asks of a protocol. */
export interface PlayableProtocol {
  receiveBytes(bytes: Uint8Array): void;
  receiveEnd(): void;
  handleTimeout(nowMs: number): void;
  nextEvent(nowMs: number): { readonly type: string } | undefined;
  takeOutput(): readonly OutputPart[];
  nextTimeoutMs(): number;
}

/** One thing that happens to a protocol, or is expected of it. */
export type Step<in Protocol> = (stage: Stage<Protocol>) => void;

/** Where a playbook is being played. */
export interface Stage<out Protocol> {
  readonly protocol: Protocol;
  nowMs: number;
  /** Bytes come from the peer, in the pieces of this run. */
  receive(text: string): void;
  /** Takes all events that are due, as a driver does at the end of its turn. */
  drain(): void;
  takeEvent(): object | undefined;
  takeOutput(): string;
  /** Adds a line to the conversation; made only if it is printed. */
  note(line: () => string): void;
}

/**
 * Plays the steps against a fresh protocol: once with all input as it stands, once byte by byte, once in threes. What is left
 * over at the end, events or output, fails like any other mismatch, with the conversation so far.
 *
 * @param create - Makes the protocol; time starts at `nowMs`.
 */
export function play<Protocol extends PlayableProtocol>(
  create: (nowMs: number) => Protocol,
  steps: readonly Step<Protocol>[],
): void {
  for (const pieceBytes of [Number.POSITIVE_INFINITY, 1, 3]) {
    const log: (() => string)[] = [];
    const stage = new PlaybookStage(create(START_MS), pieceBytes, log);
    try {
      for (const step of steps) step(stage);
      expect(stage.takeEvent(), 'events left over at the end').toBeUndefined();
      expect(stage.takeOutput(), 'output left over at the end').toBe('');
    } catch (error) {
      const how = pieceBytes === Number.POSITIVE_INFINITY ? 'as it stands' : `${pieceBytes} byte(s) at a time`;
      const conversation = [`conversation, input ${how}:`, ...log.slice(-MAX_LINES).map(printed)].join('\n  ');
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`${what}\n\n${conversation}\n`, { cause: error });
    }
  }
}

/** Bytes from the peer. */
export function send(text: string): Step<PlayableProtocol> {
  return (stage) => {
    stage.note(() => `> ${JSON.stringify(text)}`);
    stage.receive(text);
  };
}

/** The peer ends its direction. */
export function end(): Step<PlayableProtocol> {
  return (stage) => {
    stage.note(() => '> end');
    stage.protocol.receiveEnd();
    stage.drain();
  };
}

/** Time passes; deadlines strike at their times. */
export function advance(durationMs: number): Step<PlayableProtocol> {
  return (stage) => {
    const untilMs = stage.nowMs + durationMs;
    stage.note(() => `+ ${durationMs} ms`);
    for (let dueMs = stage.protocol.nextTimeoutMs(); dueMs <= untilMs; dueMs = stage.protocol.nextTimeoutMs()) {
      stage.nowMs = Math.max(stage.nowMs, dueMs);
      stage.protocol.handleTimeout(stage.nowMs);
      stage.drain();
      expect(stage.protocol.nextTimeoutMs(), 'a deadline must not stand in the past').toBeGreaterThan(stage.nowMs);
    }
    stage.nowMs = untilMs;
  };
}

/** A command from above. */
export function command<Protocol>(run: (protocol: Protocol, nowMs: number) => unknown): Step<Protocol> {
  return (stage) => {
    stage.note(() => `! ${run.toString().replace(/\s+/g, ' ')}`);
    run(stage.protocol, stage.nowMs);
    stage.drain();
  };
}

/** A command from above that must be refused. */
export function refuses<Protocol>(code: string, run: (protocol: Protocol, nowMs: number) => unknown): Step<Protocol> {
  return command((protocol, nowMs) => {
    expect(() => run(protocol, nowMs)).toThrow(expect.objectContaining({ code }));
  });
}

/** The next event has at least these properties: heads with their headers as pairs, content as text, errors by `code`. */
export function expectEvent(expected: Readonly<Record<string, unknown>>): Step<PlayableProtocol> {
  return (stage) => {
    stage.note(() => `? event ${inspect(expected, { depth: 4, breakLength: 140 })}`);
    expect(stage.takeEvent()).toMatchObject(expected);
  };
}

/** All output since the last time is this, or looks like this. */
export function expectOutput(expected: string | RegExp): Step<PlayableProtocol> {
  return (stage) => {
    stage.note(() => `? output ${inspect(expected, { breakLength: Number.POSITIVE_INFINITY })}`);
    if (typeof expected === 'string') expect(stage.takeOutput()).toBe(expected);
    else expect(stage.takeOutput()).toMatch(expected);
  };
}

/** There is neither an event nor output. */
export function expectNothing(): Step<PlayableProtocol> {
  return (stage) => {
    stage.note(() => '? nothing');
    expect(stage.takeEvent()).toBeUndefined();
    expect(stage.takeOutput()).toBe('');
  };
}

/** Properties of the protocol are these. */
export function expectState<Protocol extends object>(expected: Partial<Protocol>): Step<Protocol> {
  return (stage) => {
    stage.note(() => `? state ${inspect(expected)}`);
    const { protocol } = stage;
    const names = Object.keys(expected) as (keyof Protocol)[]; // of a Partial<Protocol>
    expect(Object.fromEntries(names.map((name) => [name, protocol[name]]))).toEqual(expected);
  };
}

/** An event that can be compared: nothing private, no borrowed bytes. */
export function plainEvent(event: object): object {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [name, plainValue(value)]));
}

class PlaybookStage<Protocol extends PlayableProtocol> implements Stage<Protocol> {
  readonly protocol: Protocol;
  nowMs: number = START_MS;
  readonly #pieceBytes: number;
  readonly #log: (() => string)[];
  readonly #events: { type?: string; bytes?: string }[] = [];
  #output = '';

  constructor(protocol: Protocol, pieceBytes: number, log: (() => string)[]) {
    this.protocol = protocol;
    this.#pieceBytes = pieceBytes;
    this.#log = log;
  }

  receive(text: string): void {
    for (const bytes of cut(bytesOf(text), [this.#pieceBytes])) {
      const piece = Buffer.from(bytes); // as sockets give it: with a `slice` of its own
      this.protocol.receiveBytes(piece);
      this.drain();
      piece.fill(0xaa); // borrowed bytes are the caller's again
    }
  }

  drain(): void {
    for (;;) {
      const event = this.protocol.nextEvent(this.nowMs);
      if (event === undefined) break;
      const plain: { type?: string; bytes?: string } = plainEvent(event);
      this.note(() => `  ${inspect(plain, { depth: 4, breakLength: 140 })}`);
      const last = this.#events.at(-1);
      // How content is cut depends on how the input was.
      if (plain.type === 'data' && last?.type === 'data') last.bytes = `${last.bytes}${plain.bytes}`;
      else this.#events.push({ ...plain });
    }
    const output = this.protocol.takeOutput().map((part) => (typeof part === 'string' ? part : textOf(part)));
    if (output.length === 0) return;
    this.note(() => `< ${JSON.stringify(output.join(''))}`);
    this.#output += output.join('');
  }

  takeEvent(): object | undefined {
    return this.#events.shift();
  }

  takeOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  note(line: () => string): void {
    this.#log.push(line);
  }
}

function printed(line: () => string): string {
  const text = line();
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}... (${text.length} characters)` : text;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return textOf(value);
  if (value instanceof Error) return { ...value, message: value.message };
  if (typeof value !== 'object' || value === null) return value;
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)] : plainEvent(value);
}

const START_MS = 1_000;
const MAX_LINES = 60;
const MAX_LINE = 400;
