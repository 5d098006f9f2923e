import type { ReceiveWindow } from './receive-window.ts';

/**
 * One stream, as its protocol sees it. Handles of it are given out; only the protocol changes it.
 *
 * @typeParam Owner - What the driver keeps for the stream.
 */
export class Http2Stream<Owner> {
  /** Its identifier. */
  readonly id: number;
  /** What the driver keeps for it. */
  owner: Owner | undefined;
  /** Whether the peer may send no more. */
  isRemoteEnded = false;
  /** Whether we have said that we send no more. */
  isLocalEnded = false;
  /** Whether it is over: nothing that is said of it has an effect any more. */
  isClosed = false;
  /** Another one that has the same place in the table of streams. */
  nextInTable: Http2Stream<Owner> | undefined;

  // ---- receiving
  /** Whether the head of the message has come; what comes after it is trailers. */
  hasHead = false;
  /** Bytes of content that the head has announced, -1 if it has not. */
  contentLength = -1;
  /** Bytes of content that came. */
  receivedBytes = 0;
  /** Whether the request was HEAD, so that the response has no content whatever it says. */
  isHead = false;
  /** Whether the request was CONNECT, so that a positive answer has no length whatever it says. */
  isConnect = false;
  /** Whether an accepted CONNECT has made it a tunnel. */
  isTunnel = false;
  readonly receiveWindow: ReceiveWindow;
  /** Bytes that came and were not yet given back to the connection's window. */
  unreadBytes = 0;
  /** When the peer must have sent what is waited for; `Infinity` if nothing is. */
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** What is waited for. */
  awaits: 'nothing' | 'head' | 'body' = 'nothing';
  /** Bytes that came since the deadline was set. */
  progressBytes = 0;
  /** Whether the body may take any time. */
  allowsQuiet = false;
  /** Whether the head of the response may. */
  allowsLateHead = false;
  /** What was left of the time for a body that nobody wants now, in milliseconds. */
  pausedLeftMs: number | undefined;

  // ---- sending
  /** What the peer lets us send, in bytes; may be below 0. */
  sendWindow: number;
  /** Whether our head has been sent, interim ones not counted. */
  hasSentHead = false;
  /** Content that waits for room, from {@link pendingFrom} on. */
  pending: Uint8Array | undefined;
  pendingFrom = 0;
  /** Whether our direction ends behind what is pending. */
  endsAfterPending = false;
  /** Trailers to send behind what is pending. */
  pendingTrailers: readonly string[] | undefined;
  /** Names of those that must enter no table. */
  pendingNeverIndexed: ReadonlySet<string> | undefined;
  /** Whether it stands in the queue of those that want to send. */
  isQueued = false;
  /** Since when content waits to be written, and too little of it was; `Infinity` if none waits. */
  stalledSinceMs: number = Number.POSITIVE_INFINITY;
  /** Bytes that were written since then. */
  bytesSinceStall = 0;
  /** Urgency, 0 (first) to 7 (last). RFC 9218 section 4.1. */
  urgency = 3;
  /** Whether its content is of use bit by bit, so that it takes turns with others of its urgency; so does one nobody has said it of. */
  isIncremental = true;

  constructor(id: number, sendWindow: number, receiveWindow: ReceiveWindow) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}
