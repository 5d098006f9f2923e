import { UsageError } from '@lamella/service-core';
import { Deflate } from '../framing/deflate.ts';
import type { WsPerMessageDeflate, WsPerMessageDeflateOptions } from '../framing/ws-library.ts';
import { extension, PerMessageDeflate } from '../framing/ws-library.ts';
import type { DeflateBudget } from './deflate-budget.ts';
import { commonDeflateBudget } from './deflate-budget.ts';

/** Options of permessage-deflate (RFC 7692), which is off unless they are given. */
export interface WebSocketDeflateOptions {
  /** Messages shorter than this go uncompressed, in bytes, >= 0. Default 1_024. */
  readonly thresholdBytes?: number;
  /** Size of the windows as a power of two, in bits, 9 to 15. Default 12. */
  readonly windowBits?: number;
  /** Memory of a compressor beside its window, 1 to 9. Default 5. */
  readonly memoryLevel?: number;
  /** Effort, 1 (fastest) to 9. Default 3. */
  readonly level?: number;
  /** Whether a message may refer to the ones before it: smaller, but dangerous where secrets and foreign text mix. Default false. */
  readonly contextTakeover?: boolean;
  /** Memory that the contexts of all connections share. Default: 64 MiB for the process. */
  readonly budget?: DeflateBudget;
}

/** Every option, checked. */
export type FullDeflateOptions = Required<WebSocketDeflateOptions>;

/** Fills in defaults. @throws UsageError if an option is out of its range. */
function fullDeflateOptions(options: WebSocketDeflateOptions): FullDeflateOptions {
  const { thresholdBytes = 1_024, windowBits = 12, memoryLevel = 5, level = 3 } = options;
  const { contextTakeover = false, budget = commonDeflateBudget } = options;
  if (!(thresholdBytes >= 0)) throw new UsageError(`thresholdBytes must be >= 0, got ${thresholdBytes}`);
  requireWithin('windowBits', windowBits, 9, 15);
  requireWithin('memoryLevel', memoryLevel, 1, 9);
  requireWithin('level', level, 1, 9);
  return { thresholdBytes, windowBits, memoryLevel, level, contextTakeover, budget };
}

/** Options as services and clients take them, with their defaults; `undefined` to go without. @throws UsageError if an option is out of its range. */
export function deflateOptionsOf(
  deflate: WebSocketDeflateOptions | boolean | undefined,
): FullDeflateOptions | undefined {
  if (deflate === undefined || deflate === false) return undefined;
  return fullDeflateOptions(deflate === true ? {} : deflate);
}

/** The offer of a client, as the value of Sec-WebSocket-Extensions. */
export function deflateOffer(options: FullDeflateOptions, maxMessageBytes: number): string {
  return extension.format({ [NAME]: create(options, maxMessageBytes, false).offer() });
}

/**
 * Takes an offer of a client, if there is one that can be taken, and memory for it.
 *
 * @param offers - Value of Sec-WebSocket-Extensions.
 * @returns The extension with the value that accepts it; `undefined` to go without.
 * @throws SyntaxError if the value is malformed.
 */
export function acceptDeflate(
  offers: string,
  options: FullDeflateOptions,
  maxMessageBytes: number,
): { readonly deflate: Deflate; readonly value: string } | undefined {
  const configurations = extension.parse(offers)[NAME];
  if (configurations === undefined) return undefined;
  const negotiated = create(options, maxMessageBytes, true);
  let accepted: Record<string, string | number | true>;
  try {
    accepted = negotiated.accept(configurations);
  } catch {
    return undefined; // RFC 7692 section 7: an offer that can't be taken is declined
  }
  const deflate = withMemory(negotiated, options);
  return deflate === undefined ? undefined : { deflate, value: extension.format({ [NAME]: accepted }) };
}

/**
 * Checks what a server has accepted.
 *
 * @param value - Value of Sec-WebSocket-Extensions in the response; `undefined` if there is none.
 * @returns The extension, or `undefined` to go without.
 * @throws Error if the server has accepted what was not offered; LimitError if there is no memory left for it.
 */
export function acceptedDeflate(
  value: string | undefined,
  options: FullDeflateOptions | undefined,
  maxMessageBytes: number,
): Deflate | undefined {
  if (value === undefined) return undefined;
  const { [NAME]: configurations, ...others } = extension.parse(value);
  const [surplus] = Object.keys(others);
  if (surplus !== undefined) throw new Error(`the extension ${surplus} was not offered`);
  if (configurations === undefined || options === undefined) throw new Error(`the extension ${NAME} was not offered`);
  if (configurations.length !== 1) throw new Error(`the extension ${NAME} was accepted ${configurations.length} times`);
  const negotiated = create(options, maxMessageBytes, false);
  negotiated.accept(configurations);
  const { server_max_window_bits: serverBits } = negotiated.params ?? {};
  // RFC 7692 section 7.1.2.1: a server that ignores the window that was asked for would need more memory than is reserved.
  if (typeof serverBits !== 'number' || serverBits > options.windowBits) {
    throw new Error(`the server must not use a window beyond ${options.windowBits} bits`);
  }
  const deflate = withMemory(negotiated, options);
  if (deflate === undefined) throw new Error('the memory for compression is used up');
  return deflate;
}

/** Whether there is memory for one more connection, so that it makes sense to offer. */
export function hasDeflateMemory(options: FullDeflateOptions): boolean {
  const { budget } = options;
  return budget.usedBytes + contextBytes(options) <= budget.maxBytes;
}

function withMemory(negotiated: WsPerMessageDeflate, options: FullDeflateOptions): Deflate | undefined {
  const reservation = options.budget.reserve(contextBytes(options));
  return reservation === undefined ? undefined : new Deflate(negotiated, options.thresholdBytes, reservation);
}

/** What zlib says of itself: a compressor, and a decompressor that has to be ready for the largest window where it can't ask for less. */
function contextBytes({ windowBits, memoryLevel }: FullDeflateOptions): number {
  const deflating = 2 ** (windowBits + 2) + 2 ** (memoryLevel + 9);
  const inflating = 2 ** MAX_WINDOW_BITS + 7 * 1024;
  return deflating + inflating;
}

function create(options: FullDeflateOptions, maxMessageBytes: number, isServer: boolean): WsPerMessageDeflate {
  const { windowBits, memoryLevel, level, contextTakeover } = options;
  const settings: WsPerMessageDeflateOptions = {
    isServer,
    maxPayload: maxMessageBytes,
    serverNoContextTakeover: !contextTakeover,
    clientNoContextTakeover: !contextTakeover,
    serverMaxWindowBits: windowBits,
    zlibDeflateOptions: { level, memLevel: memoryLevel },
    ...(isServer ? {} : { clientMaxWindowBits: windowBits }),
  };
  return new PerMessageDeflate(settings);
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError(`${name} must be an integer from ${least} to ${most}, got ${value}`);
}

const NAME = 'permessage-deflate';
const MAX_WINDOW_BITS = 15;
