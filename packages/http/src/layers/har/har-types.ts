// HAR 1.2, as far as it is written and read here. Fields with an underscore are additions, as the format allows them.

/** A HAR file. */
export interface Har {
  /** Everything there is. */
  readonly log: HarLog;
}

/** Exchanges in the order in which they began. */
export interface HarLog {
  /** Version of the format. */
  readonly version: string;
  /** Who wrote it. */
  readonly creator: { readonly name: string; readonly version: string };
  /** The exchanges. */
  readonly entries: HarEntry[];
}

/** A name with its value. */
export interface HarPair {
  readonly name: string;
  readonly value: string;
}

/** One exchange. */
export interface HarEntry {
  /** When it began, as ISO 8601. */
  readonly startedDateTime: string;
  /** How long it took, in milliseconds. */
  readonly time: number;
  /** What was asked. */
  readonly request: HarRequest;
  /** What was answered; status 0 if nothing was. */
  readonly response: HarResponse;
  /** What a cache had to do with it: nothing. */
  readonly cache: Record<string, never>;
  /** Where the time went. */
  readonly timings: HarTimings;
  /** Address of the server. */
  readonly serverIPAddress?: string;
  /** Additions of whoever writes the file. */
  readonly [addition: `_${string}`]: unknown;
}

/** A request. */
export interface HarRequest {
  readonly method: string;
  /** Whole URL, without a fragment. */
  readonly url: string;
  /** Such as `HTTP/1.1`. */
  readonly httpVersion: string;
  /** Empty where Cookie is left out for being sensitive. */
  readonly cookies: HarPair[];
  readonly headers: HarPair[];
  readonly queryString: HarPair[];
  /** Content, if there was any. */
  readonly postData?: HarPostData;
  /** -1: not counted. */
  readonly headersSize: number;
  /** Bytes of the content; -1 if not known. */
  readonly bodySize: number;
}

/** Content of a request. */
export interface HarPostData {
  readonly mimeType: string;
  readonly text: string;
  /** The text is base64 of the bytes, which are no text. */
  readonly _encoding?: 'base64';
  /** Only the begin is here. */
  readonly _truncated?: boolean;
}

/** A response. */
export interface HarResponse {
  readonly status: number;
  readonly statusText: string;
  /** Such as `HTTP/1.1`. */
  readonly httpVersion: string;
  /** Empty where Set-Cookie is left out for being sensitive. */
  readonly cookies: HarPair[];
  readonly headers: HarPair[];
  readonly content: HarContent;
  /** Location, or `''`. */
  readonly redirectURL: string;
  /** -1: not counted. */
  readonly headersSize: number;
  /** Bytes of the content. */
  readonly bodySize: number;
  /** Why there was no response, or why its content breaks off. */
  readonly _error?: string;
}

/** Content of a response. */
export interface HarContent {
  /** Bytes of the content. */
  readonly size: number;
  readonly mimeType: string;
  readonly text?: string;
  /** `base64` if the text is that of the bytes, which are no text. */
  readonly encoding?: string;
  /** Content-Encoding that the bytes are in; without it they are decoded, as browsers write them. */
  readonly _contentEncoding?: string;
  /** Only the begin is here. */
  readonly _truncated?: boolean;
}

/** Where the time went, in milliseconds; -1: not known, or no such phase. */
export interface HarTimings {
  /** Waiting for a connection. */
  readonly blocked: number;
  readonly dns: number;
  /** Connecting, proxies and TLS included. */
  readonly connect: number;
  readonly send: number;
  /** Waiting for the response. */
  readonly wait: number;
  /** Until the content had ended. */
  readonly receive: number;
  /** TLS alone. */
  readonly ssl: number;
}
