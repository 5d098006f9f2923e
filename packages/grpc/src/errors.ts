import type { Any } from '@bufbuild/protobuf/wkt';
import type { LamellaErrorOptions, ProtocolErrorOptions } from '@lamella/service-core';
import { LamellaError, ProtocolError, UsageError } from '@lamella/service-core';
import { GrpcStatus, grpcStatusName } from './codec/grpc-status.ts';
import { decodeStatusDetails, encodeStatusDetails } from './codec/status-details.ts';
import { GrpcMetadata } from './messages/grpc-metadata.ts';

/** Every `code` of a {@link GrpcStatusError}. Minor releases may add codes, never remove one. */
export type GrpcStatusErrorCode = 'LML_ERR_GRPC_STATUS';

/** Options of {@link GrpcStatusError}. */
export interface GrpcStatusErrorOptions extends LamellaErrorOptions {
  /** Metadata of the end: a handler's is sent as trailers, a client's has come as such. Default: none. */
  readonly metadata?: GrpcMetadata;
  /** Messages that tell more, such as those of `google/rpc/error_details.proto`, packed by `anyPack`. Default: none. */
  readonly details?: readonly Any[];
}

/**
 * A call ended with another status than OK.
 *
 * @remarks
 * A handler throws it to say how its call ends; a client's call rejects with it, whether the server said so, an intermediary did, the
 * connection broke or the deadline passed. `cause` has what lies behind, where there is something.
 *
 * @example
 * throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'no such user');
 */
export class GrpcStatusError extends LamellaError {
  static {
    GrpcStatusError.prototype.name = 'GrpcStatusError';
  }

  readonly code: GrpcStatusErrorCode = 'LML_ERR_GRPC_STATUS';
  /** Status code, 1 to 16; others only if a peer sends them. See {@link GrpcStatus}. */
  readonly status: number;
  /** What the status message says, without anything added. */
  readonly statusMessage: string;
  /** Metadata of the end. */
  readonly metadata: GrpcMetadata;
  readonly #details: readonly Any[] | undefined;

  /**
   * @param status - Any code but OK.
   * @param statusMessage - For people; sent to the client as it is. Default: none.
   * @throws UsageError if the status is no code, or OK.
   */
  constructor(status: number, statusMessage = '', options: GrpcStatusErrorOptions = {}) {
    if (!(Number.isSafeInteger(status) && status > 0))
      throw new UsageError(`status must be a code other than OK, got ${status}`);
    const name = grpcStatusName(status);
    super(statusMessage === '' ? name : `${name}: ${statusMessage}`, {
      ...options,
      facts: { layer: 'grpc', protocolCode: name, retryable: status === GrpcStatus.UNAVAILABLE, ...options.facts },
    });
    this.status = status;
    this.statusMessage = statusMessage;
    this.metadata = options.metadata ?? new GrpcMetadata();
    this.#details = options.details;
  }

  /** Name of the status, such as `'NOT_FOUND'`. */
  get statusName(): string {
    return grpcStatusName(this.status);
  }

  /** Messages that tell more: `grpc-status-details-bin`. Empty if there are none, or they are malformed. Unpack them by `anyUnpack`. */
  get details(): readonly Any[] {
    if (this.#details !== undefined) return this.#details;
    const bytes = this.metadata.getBinary(DETAILS_FIELD);
    return bytes === undefined ? [] : (decodeStatusDetails(bytes) ?? []);
  }

  /** What a server sends beside status and message. */
  get trailers(): GrpcMetadata {
    if (this.#details === undefined || this.#details.length === 0) return this.metadata;
    const trailers = this.metadata.clone();
    trailers.setReceived(DETAILS_FIELD, encodeStatusDetails(this.status, this.statusMessage, this.#details));
    return trailers;
  }
}

/** Every `code` of a {@link TtrpcProtocolError}. Minor releases may add codes, never remove one. */
export type TtrpcProtocolErrorCode = 'LML_ERR_TTRPC_BAD_LENGTH' | 'LML_ERR_TTRPC_BAD_STREAM_ID';

/** The peer sent what ttRPC forbids, and what its connection can't recover from. */
export class TtrpcProtocolError extends ProtocolError {
  static {
    TtrpcProtocolError.prototype.name = 'TtrpcProtocolError';
  }

  readonly code: TtrpcProtocolErrorCode;

  constructor(code: TtrpcProtocolErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

const DETAILS_FIELD = 'grpc-status-details-bin';
