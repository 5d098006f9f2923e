/** How a WebSocket ended. */
export interface WebSocketClose {
  /**
   * Code of the close frame that came first: the peer's, or the one sent from here. 1005: that frame had none. 1006: there was no
   * close frame at all.
   */
  readonly code: number;
  /** Reason in that frame, possibly empty; at most 123 bytes as UTF-8. */
  readonly reason: string;
  /** Whether both sides have sent their close frame. */
  readonly wasClean: boolean;
  /** Who began: this side, by `close`, by a limit or because the peer broke a rule; or the peer, by a close frame or by leaving. */
  readonly initiator: 'local' | 'remote';
  /** What went wrong, if anything did. */
  readonly error?: unknown;
}
