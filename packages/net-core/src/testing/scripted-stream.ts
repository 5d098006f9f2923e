import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { readAll, readExactly, text, utf8 } from './stream-tools.ts';

/** One step of a {@link scriptedStream}, seen from the peer that the script plays. */
export type ScriptStep =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'receive'; readonly bytes: Uint8Array }
  | { readonly type: 'receive-end' }
  | { readonly type: 'end' }
  | { readonly type: 'reset' };

/** The peer sends these bytes. */
export function send(bytes: Uint8Array | string): ScriptStep {
  return { type: 'send', bytes: asBytes(bytes) };
}

/** The peer must receive exactly these bytes next. */
export function receive(bytes: Uint8Array | string): ScriptStep {
  return { type: 'receive', bytes: asBytes(bytes) };
}

/** The peer must receive the end next, with no byte before it. */
export function receiveEnd(): ScriptStep {
  return { type: 'receive-end' };
}

/** The peer ends its direction. */
export function end(): ScriptStep {
  return { type: 'end' };
}

/** The peer breaks the connection off. */
export function reset(): ScriptStep {
  return { type: 'reset' };
}

/** A stream whose peer plays a script. */
export interface ScriptedStream {
  /** The end for the code under test. */
  readonly stream: ByteStream;
  /** Resolves when the script is through; rejects with the conversation so far when a step does not happen. */
  readonly done: Promise<void>;
}

/**
 * Opens a connection in memory whose other end plays a script.
 *
 * @example
 * const { stream, done } = scriptedStream([receive('PING\r\n'), send('PONG\r\n'), end()]);
 */
export function scriptedStream(steps: readonly ScriptStep[]): ScriptedStream {
  const [stream, peer] = memoryPipe();
  return { stream, done: play(peer, steps) };
}

async function play(peer: ByteStream, steps: readonly ScriptStep[]): Promise<void> {
  const conversation: string[] = [];
  try {
    for (const step of steps) {
      await playStep(peer, step);
      conversation.push(describe(step));
    }
  } catch (error) {
    const failed = steps[conversation.length];
    const lines = [...conversation.map((line) => `  ${line}`), `> ${failed === undefined ? '' : describe(failed)}`];
    throw new Error(`the script stopped:\n${lines.join('\n')}\n${String(error)}`, { cause: error });
  }
}

async function playStep(peer: ByteStream, step: ScriptStep): Promise<void> {
  switch (step.type) {
    case 'send':
      await peer.write([step.bytes.slice()]);
      break;
    case 'receive': {
      const bytes = await readExactly(peer, step.bytes.length);
      if (text(bytes) !== text(step.bytes)) throw new Error(`received ${JSON.stringify(text(bytes))}`);
      break;
    }
    case 'receive-end': {
      const rest = await readAll(peer);
      if (rest.length > 0) throw new Error(`received ${JSON.stringify(text(rest))} before the end`);
      break;
    }
    case 'end':
      await peer.closeWrite();
      break;
    case 'reset':
      peer.destroy(new Error('the script resets the connection'));
      break;
  }
}

function describe(step: ScriptStep): string {
  return 'bytes' in step ? `${step.type} ${JSON.stringify(text(step.bytes))}` : step.type;
}

function asBytes(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === 'string' ? utf8(bytes) : bytes;
}
