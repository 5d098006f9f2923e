/** What is shown for a status, by what the client would rather have; the first one there is, if it does not care. */
export interface ErrorPage {
  /** For browsers. */
  readonly html?: string;
  /** For programs: text that is JSON. */
  readonly json?: string;
  /** For everybody else. */
  readonly text?: string;
}
