import type { ByteStream, LinkConditions } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Lifecycle } from '@lamella/service-core';
import { AbortScope } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { WebSocketDriver } from '../../src/connection/web-socket-driver.ts';
import type { WebSocketLimits, WebSocketTimeouts } from '../../src/connection/web-socket-options.ts';
import { fullWebSocketOptions } from '../../src/connection/web-socket-options.ts';
import { webSocketSettings } from '../../src/connection/web-socket-settings.ts';
import type { Deflate } from '../../src/framing/deflate.ts';
import type { FrameSpec, SeenFrame } from './frames.ts';
import { CLOSE, closePayload, decodeFrames, encodeFrame } from './frames.ts';

/** The other end of a WebSocket under test, frame by frame. */
export class RawPeer {
  readonly stream: ByteStream;
  readonly #isMasked: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #ended: 'no' | 'end' | 'reset' = 'no';

  constructor(stream: ByteStream, isMasked: boolean) {
    this.stream = stream;
    this.#isMasked = isMasked;
  }

  /** Whether the other side has ended its direction, and how. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** Begins to read; until then the peer takes nothing. */
  async startReading(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }

  /** Sends frames in one write. */
  send(...frames: readonly FrameSpec[]): void {
    this.sendBytes(this.encode(...frames));
  }

  encode(...frames: readonly FrameSpec[]): Buffer {
    return Buffer.concat(frames.map((frame) => encodeFrame(frame, this.#isMasked)));
  }

  sendBytes(bytes: Uint8Array): void {
    void this.stream.write([bytes]);
  }

  close(code: number, reason = ''): void {
    this.send({ opcode: CLOSE, payload: closePayload(code, reason) });
  }

  /** Lets everything run that needs no time, and gives all frames received since the last call. */
  async frames(): Promise<SeenFrame[]> {
    await settle(8);
    const { frames, rest } = decodeFrames(this.#bytes);
    this.#bytes = rest;
    return frames;
  }

  /** The same, as `opcode payload`; a close as its code and reason. */
  async seen(): Promise<string[]> {
    return (await this.frames()).map(describeFrame);
  }
}

/** Options of {@link openSocket}. */
export interface OpenSocketOptions {
  readonly limits?: Partial<WebSocketLimits>;
  readonly timeouts?: Partial<WebSocketTimeouts>;
  readonly lifecycle?: Lifecycle;
  readonly clock?: FakeClock;
  readonly deflate?: Deflate;
  /** What the way to the socket suffers. */
  readonly conditions?: LinkConditions;
  /** Whether the peer takes nothing until told to. Default false. */
  readonly stopsReading?: boolean;
}

/** What {@link openSocket} opens. */
export interface OpenSocket {
  readonly socket: WebSocketDriver;
  readonly peer: RawPeer;
  readonly clock: FakeClock;
  readonly scope: AbortScope;
}

/** An open WebSocket on a pipe in memory, and the raw bytes of its peer. */
export function openSocket(role: 'server' | 'client', options: OpenSocketOptions = {}): OpenSocket {
  const { clock = new FakeClock(), deflate, conditions = {} } = options;
  const [near, far] = memoryPipe({ clock, forward: {}, backward: conditions });
  const scope = new AbortScope();
  const settings = webSocketSettings(role, fullWebSocketOptions({ ...options, clock }));
  const socket = new WebSocketDriver(createConnection(near, { scope }), settings, { protocol: '', deflate });
  const peer = new RawPeer(far, role === 'server');
  if (options.stopsReading !== true) void peer.startReading();
  return { socket, peer, clock, scope };
}

/** A server in the middle of sending back whatever comes; resolves when it is done. */
export async function echoAll(socket: WebSocketDriver): Promise<void> {
  try {
    for await (const message of socket) await socket.send(message);
  } catch {
    // How it ended is what `closed` tells.
  }
  await socket.close();
}

function describeFrame({ opcode, fin, rsv, payload }: SeenFrame): string {
  if (!fin || rsv !== 0) return `unexpected bits ${fin} ${rsv}`;
  if (opcode !== CLOSE) return `${NAMES[opcode]} ${payload.toString()}`;
  if (payload.length === 0) return 'close';
  return `close ${payload.readUInt16BE(0)} ${payload.subarray(2).toString()}`.trimEnd();
}

const NAMES: Readonly<Record<number, string>> = { 0: 'continuation', 1: 'text', 2: 'binary', 9: 'ping', 10: 'pong' };
