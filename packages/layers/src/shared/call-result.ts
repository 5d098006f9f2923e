/** How a call ended, for those who judge it; `outcome` says which of the last fields there is. */
export type CallResult<Output = unknown> =
  | {
      /** How it ended. */
      readonly outcome: 'ok';
      /** What the inner service gave; borrowed. */
      readonly output: Output;
    }
  | {
      /** How it ended. The caller's own cancellation never comes here. */
      readonly outcome: 'error';
      /** What the inner service rejected with. */
      readonly error: unknown;
    };
