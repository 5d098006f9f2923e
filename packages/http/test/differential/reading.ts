/** A message as one of the two engines read it. */
export interface ReadMessage {
  /** Method and target, or status and reason. */
  readonly start: readonly [string, string];
  readonly version: string;
  /** Pairs as they stood, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
  /** Whether another message may follow. */
  readonly keepsAlive: boolean;
}

/** What one of the two engines made of an input. */
export interface Reading {
  /** Complete messages, in order. */
  readonly messages: readonly ReadMessage[];
  /**
   * `clean`: the input ended between two messages. `closed`: the last message ended the connection; what follows is not read.
   * `switched`: the connection left HTTP. `refused`: a rule was broken, or the input ended in the middle.
   */
  readonly end: 'clean' | 'closed' | 'switched' | 'refused';
  /** Code of the error, if it was refused. */
  readonly code: string;
  /** Bytes behind the message that took the connection out of HTTP. */
  readonly rest: string;
}

/** What is to be read. */
export interface Subject {
  /** Who sent it. `response` has in it what was asked, since the framing of an answer hangs on it. */
  readonly side: 'request' | 'response';
  /** Of a response: what it answers. Default `'GET'`. */
  readonly asked?: Asked;
  /** One character a byte. */
  readonly input: string;
}

/** A request that was sent before a response came. */
export type Asked = 'GET' | 'HEAD' | 'CONNECT' | 'UPGRADE';
