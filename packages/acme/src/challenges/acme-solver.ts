/** What has to be shown to prove that a name is ours. */
export interface AcmeChallenge {
  /** The host name, without the `*.` of a wildcard, or the IP address. */
  readonly identifier: string;
  /** Letters, digits, `-` and `_`, at most 256. */
  readonly token: string;
  /** The token, a dot, and what the account's key is called. For `dns-01`, its SHA-256 in base64url is the content of the TXT record. */
  readonly keyAuthorization: string;
}

/** Shows a server what it wants to see. RFC 8555 section 8. */
export interface AcmeSolver {
  /** Which challenge it solves, such as `http-01`. */
  readonly type: string;
  /** Begins to show it; the server looks when this has resolved. */
  present(challenge: AcmeChallenge): Promise<void> | void;
  /** Shows it no more: the server has looked, or never will. Called once for each that was begun, whatever the outcome. */
  remove(challenge: AcmeChallenge): Promise<void> | void;
}
