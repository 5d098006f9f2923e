import type { Channel } from 'node:diagnostics_channel';
import { channel } from 'node:diagnostics_channel';

/** The channels of `node:diagnostics_channel` for one kind of operation: `lamella:NAME.start`, `.end` and `.error`. */
export class EventChannels {
  readonly start: Channel;
  readonly end: Channel;
  readonly error: Channel;

  constructor(name: string) {
    this.start = channel(`lamella:${name}.start`);
    this.end = channel(`lamella:${name}.end`);
    this.error = channel(`lamella:${name}.error`);
  }

  /** Whether anybody listens to any of them. */
  get hasSubscribers(): boolean {
    return this.end.hasSubscribers || this.start.hasSubscribers || this.error.hasSubscribers;
  }
}
