import { UsageError } from '@lamella/service-core';
import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions } from '../bytes/byte-stream.ts';
import { quietRejection, quietResolvers } from '../bytes/quiet.ts';
import { ReadSide } from '../bytes/read-side.ts';
import { toStreamError } from '../errors.ts';
import type { TrackedResource } from '../ledger/ledger.ts';
import { trackResource } from '../ledger/ledger.ts';
import type { WireReceiver, WireWorld } from './memory-wire.ts';
import { MemoryWire } from './memory-wire.ts';

/** What two ends of a connection in memory need to know. */
export interface MemoryPipeWorld {
  /** The direction from the first end to the second, and the other one. */
  readonly forward: WireWorld;
  readonly backward: WireWorld;
  /** Bytes under way in one direction before `write` asks to wait. */
  readonly windowBytes: number;
  /** Hears what happens, for the event log. */
  readonly onEvent: (side: 'first' | 'second', event: string, byteCount: number) => void;
  /** Names the two ends in the ledger. */
  readonly names: readonly [first: string, second: string];
}

/** Makes two byte streams that are the two ends of one connection, with everything a socket does. */
export function createMemoryPipe(world: MemoryPipeWorld): readonly [MemoryStream, MemoryStream] {
  const first = new MemoryStream(world, 'first');
  const second = new MemoryStream(world, 'second');
  first.join(second, world.forward);
  second.join(first, world.backward);
  return [first, second];
}

/** One end of a connection in memory. */
export class MemoryStream implements ByteStream {
  readonly closed: Promise<CloseInfo>;
  readonly #world: MemoryPipeWorld;
  readonly #side: 'first' | 'second';
  readonly #readSide: ReadSide;
  readonly #resource: TrackedResource;
  readonly #resolveClosed: (info: CloseInfo) => void;
  readonly #flushed = Promise.withResolvers<void>();
  #peer: MemoryStream | undefined;
  #outbound: MemoryWire | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #closeInfo: CloseInfo | undefined;

  constructor(world: MemoryPipeWorld, side: 'first' | 'second') {
    this.#world = world;
    this.#side = side;
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#readSide = new ReadSide({
      resume: () => this.#peer?.outbound.resume(),
      pause: () => this.#peer?.outbound.pause(),
    });
    this.#resource = trackResource('stream', () => `${world.names[side === 'first' ? 0 : 1]} (memory)`);
  }

  /** Connects this end to the other one, once. */
  join(peer: MemoryStream, world: WireWorld): void {
    this.#peer = peer;
    this.#outbound = new MemoryWire(world, peer.#receiver(this));
  }

  /** The direction from this end to the other. */
  get outbound(): MemoryWire {
    if (this.#outbound === undefined) throw new UsageError('this end of a memory pipe was never joined');
    return this.#outbound;
  }

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#readSide.read(options);
  }

  consume(sink: ByteSink): Pausable {
    return this.#readSide.consume(sink);
  }

  unread(chunk: Uint8Array): void {
    this.#readSide.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const refusal = this.#refusal();
    if (refusal !== undefined) return quietRejection(refusal);
    for (const chunk of chunks) this.#send(chunk);
    if (this.#hasWindow()) return undefined;
    this.#room ??= quietResolvers();
    return this.#room.promise;
  }

  writeLent(chunk: Uint8Array): boolean {
    if (this.#refusal() === undefined) this.#send(chunk);
    return this.#hasWindow(); // the wire carries copies, so only the wait is at stake
  }

  closeWrite(): Promise<void> {
    if (this.#closeInfo === undefined && !this.outbound.hasEnd) {
      this.#world.onEvent(this.#side, 'end', 0);
      this.outbound.sendEnd();
      if (this.#hasWindow()) this.#flushed.resolve();
      if (this.#readSide.hasEnded) this.#close({ reason: 'eof' }); // what is on its way still arrives
    }
    return this.#flushed.promise;
  }

  destroy(reason?: unknown): void {
    if (this.#closeInfo !== undefined) return;
    this.#world.onEvent(this.#side, reason === undefined ? 'close' : 'reset', 0);
    const hasUnread = (this.#peer?.outbound.bytesUnread ?? 0) > 0;
    // As a kernel does: what was not read, or an abortive close, breaks the connection for the peer as well.
    if (reason !== undefined || hasUnread) this.outbound.sendReset();
    else this.outbound.sendEnd();
    this.#close(reason === undefined ? { reason: 'shutdown' } : { reason: 'shutdown', error: reason });
  }

  /** Ends this end alone, as the network does it; the other end has to hear of it by itself. */
  breakOff(info: CloseInfo): void {
    if (this.#closeInfo !== undefined) return;
    this.outbound.close();
    this.#close(info);
  }

  #receiver(sender: MemoryStream): WireReceiver {
    return {
      onBytes: (bytes) => {
        if (this.#closeInfo !== undefined) {
          this.outbound.sendReset(); // nobody is here any more
          return;
        }
        this.#world.onEvent(this.#side, 'bytes', bytes.length);
        this.#readSide.push(bytes);
      },
      onEnd: () => this.#onEnd(),
      onReset: () => this.breakOff({ reason: 'reset' }),
      onResetFault: () => {
        this.#world.onEvent(this.#side, 'reset-fault', 0);
        sender.breakOff({ reason: 'reset' });
        this.breakOff({ reason: 'reset' });
      },
      onLoss: (byteCount) => this.#world.onEvent(sender.#side, 'loss', byteCount),
      onRoom: () => sender.#onRoom(),
    };
  }

  #onEnd(): void {
    if (this.#closeInfo !== undefined) return;
    this.#readSide.end();
    if (this.outbound.hasEnd) this.#close({ reason: 'eof' });
  }

  #onRoom(): void {
    if (this.outbound.hasEnd && this.#hasWindow()) this.#flushed.resolve();
    if (this.#room === undefined || this.outbound.bytesUnread > this.#world.windowBytes / 2) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #hasWindow(): boolean {
    return this.outbound.bytesUnread <= this.#world.windowBytes;
  }

  #send(chunk: Uint8Array): void {
    this.outbound.send(Uint8Array.prototype.slice.call(chunk)); // a copy, as a socket makes it
  }

  #refusal(): unknown {
    if (this.#closeInfo !== undefined) return toStreamError(this.#closeInfo);
    if (this.outbound.hasEnd) return new UsageError('cannot write: closeWrite was called');
    return undefined;
  }

  #close(info: CloseInfo): void {
    this.#closeInfo = info;
    this.#readSide.fail(info);
    // The end that was sent still has to reach the peer, who alone resumes our wire; ours from the peer is over.
    if (info.reason === 'shutdown') this.#peer?.outbound.resume();
    this.#flushed.resolve();
    this.#room?.reject(toStreamError(info));
    this.#room = undefined;
    this.#resource.release();
    this.#resolveClosed(info);
  }
}
