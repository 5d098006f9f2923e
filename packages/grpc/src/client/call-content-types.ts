import type { HttpBody } from '@lamella/http';
import type { MessageWriterOptions } from '../messages/message-writer.ts';

/** What a call sends, so that several attempts can send it. */
export interface CallContent {
  /** Whether another attempt can still be made: nothing of it was given away. */
  readonly canRepeat: boolean;
  /** Makes what one attempt sends, from the first message on. */
  attempt(): AttemptContent;
  /** Nobody takes more of it. */
  end(): void;
}

/** What one attempt sends. */
export interface AttemptContent {
  readonly body: HttpBody;
  /** There will be no other attempt: what was sent is not kept any longer. */
  commit(): void;
}

/** How `callContent` makes it. */
export interface CallContentOptions extends MessageWriterOptions {
  /** Most bytes of a stream that are kept for another attempt. */
  readonly maxReplayBytes: number;
}
