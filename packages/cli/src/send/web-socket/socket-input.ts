/** Where the lines come from that are sent as messages. */
export interface SocketInput {
  readonly lines: AsyncIterable<string>;
  /** Whether the end of the lines asks to close at once, as it does when somebody has typed it; else answers may still come. */
  readonly closesAtEnd: boolean;
  /** Writes where it does not get into what is being typed. */
  readonly print: (write: () => Promise<void>) => Promise<void>;
  /** Ends the lines: there is nobody to send them to any more. */
  readonly close: () => void;
}

/** No lines: what there is to say has been said otherwise. */
export const noInput: SocketInput = {
  lines: {
    async *[Symbol.asyncIterator]() {},
  },
  closesAtEnd: false,
  print: (write) => write(),
  close() {},
};
