import type { ByteStream } from '@lamella/net-core';

/** A stream as a handshake needs it. */
export interface HandshakeTurns {
  readonly stream: ByteStream;
  /** The handshake is done: bytes come as soon as they are there. */
  end(): void;
}

/**
 * Has a stream give bytes only when what was written before them is out.
 *
 * @remarks
 * Node takes its time to tell TLS that a write is done, and TLS writes nothing until then. Where an answer comes sooner, as it does in memory, the
 * alert that says what is wrong with it would have to wait, and is dropped with the session: the peer would see an end without a reason.
 */
export function handshakeTurns(stream: ByteStream): HandshakeTurns {
  let isOver = false;
  let isWriting = false;
  const paced: ByteStream = {
    closed: stream.closed,
    async read(options) {
      const chunk = await stream.read(options);
      const hasWritten = isWriting;
      isWriting = false;
      for (let turns = isOver || !hasWritten ? 0 : WRITE_TURNS; turns > 0; turns--) await nextTurn();
      return chunk;
    },
    write(chunks) {
      isWriting = true;
      return stream.write(chunks);
    },
    unread: (chunk) => stream.unread(chunk),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
  };
  return {
    stream: paced,
    end() {
      isOver = true;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Of the event loop: one until Node asks for a turn of its own, and that one. */
const WRITE_TURNS = 2;
