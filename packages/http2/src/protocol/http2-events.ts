import type { LamellaError } from '@lamella/service-core';
import type { Http2ErrorCode } from '../codec/error-code.ts';
import type { Http2ProtocolError } from '../errors.ts';
import type { Http2Stream } from './http2-stream.ts';
import type { Http2RequestHead, Http2ResponseHead } from './message-fields.ts';

/** What an {@link Http2Protocol} tells its driver. */
export type Http2Event<Owner> =
  | {
      /** A client asks for something. Servers only. */
      readonly type: 'request';
      readonly stream: Http2Stream<Owner>;
      readonly head: Http2RequestHead;
      readonly hasBody: boolean;
    }
  | {
      /** The head of a response, or of an interim one. Clients only. */
      readonly type: 'response';
      readonly stream: Http2Stream<Owner>;
      readonly head: Http2ResponseHead;
      readonly hasBody: boolean;
    }
  | {
      /** A piece of a body, borrowed until the next call. What was read of it is given back by `consume`. */
      readonly type: 'data';
      readonly stream: Http2Stream<Owner>;
      readonly bytes: Uint8Array;
    }
  | {
      /** The end of a body, with trailers if there are any; names and values in turn. */
      readonly type: 'end';
      readonly stream: Http2Stream<Owner>;
      readonly trailers: readonly string[] | undefined;
      /** Names of those that must enter no table. */
      readonly neverIndexed: ReadonlySet<string> | undefined;
    }
  | {
      /** All content that was given has been written: there is room for more. Not told of a message that is over by that. */
      readonly type: 'sent';
      readonly stream: Http2Stream<Owner>;
    }
  | {
      /** The peer has reset the stream. */
      readonly type: 'reset';
      readonly stream: Http2Stream<Owner>;
      readonly errorCode: number;
    }
  | {
      /** The peer has ended the whole connection before the end of its message. */
      readonly type: 'cut';
      readonly stream: Http2Stream<Owner>;
    }
  | {
      /** The peer broke a rule on the stream, or was too slow there; it has been reset. */
      readonly type: 'stream-failed';
      readonly stream: Http2Stream<Owner>;
      readonly error: LamellaError;
    }
  | {
      /** The peer has not processed the stream, and never will: it is safe to send the request again elsewhere. */
      readonly type: 'unprocessed';
      readonly stream: Http2Stream<Owner>;
    }
  | {
      /** What the peer allows, or whether it takes new streams, has changed. */
      readonly type: 'capacity';
    }
  | {
      /** The peer ends the connection with an error. */
      readonly type: 'goaway';
      readonly errorCode: number;
      readonly debugText: string;
    }
  | {
      /** The connection is lost; what the peer is told of it is in the output. */
      readonly type: 'failed';
      readonly error: Http2ProtocolError | LamellaError;
      readonly errorCode: Http2ErrorCode;
    }
  | {
      /** It was shut down, and nothing is left to do. */
      readonly type: 'closed';
    };
