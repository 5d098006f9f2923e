// Node's parser, which is llhttp: an internal module, and so without types. Only what the differential test uses.
declare module 'node:_http_common' {
  export class HTTPParser {
    static readonly REQUEST: number;
    static readonly RESPONSE: number;
    static readonly kOnHeaders: number;
    static readonly kOnHeadersComplete: number;
    static readonly kOnBody: number;
    static readonly kOnMessageComplete: number;
    static readonly kLenientNone: number;

    [callback: number]: unknown;
    initialize(type: number, resource: object, maxHeaderBytes: number, lenientFlags: number): void;
    /** Gives the number of bytes taken, or what is wrong. */
    execute(bytes: Buffer): number | (Error & { readonly code: string });
    finish(): (Error & { readonly code: string }) | undefined;
    close(): void;
  }
}
