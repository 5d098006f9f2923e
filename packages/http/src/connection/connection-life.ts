import type { CloseInfo, Connection } from '@lamella/net-core';
import type { AbortListener, Drainable, Lifecycle } from '@lamella/service-core';

/** Who has a connection: HTTP, or what it was upgraded to. */
export interface ConnectionHolder {
  /** Under which name a drain counts the connection. */
  readonly protocol: string;
  /** Whether nothing is under way. */
  readonly isIdle: boolean;
  startDrain(): void;
  destroy(reason: unknown): void;
  onClosed(info: CloseInfo): void;
}

/**
 * What lasts from the first byte of a connection to its end, whoever has it: its place in draining and in its scope.
 *
 * @remarks
 * A connection that leaves HTTP changes hands here. Nobody else knows of the first holder then, so all the state of HTTP is
 * collected while the upgraded connection lives on, which may be for days.
 */
export class ConnectionLife implements Drainable {
  /** Resolves when the connection has ended. */
  readonly drained: Promise<void>;
  #holder: ConnectionHolder;
  #registration: Disposable | undefined;
  #abortListener: AbortListener | undefined;

  constructor(connection: Connection, holder: ConnectionHolder, lifecycle: Lifecycle | undefined) {
    this.#holder = holder;
    this.drained = connection.stream.closed.then((info) => this.#end(info));
    this.#registration = lifecycle?.register(this);
    this.#abortListener = connection.scope.onAbort((reason) => this.destroy(reason));
  }

  /** Gives the connection to somebody else. */
  passTo(holder: ConnectionHolder): void {
    this.#holder = holder;
  }

  get protocol(): string {
    return this.#holder.protocol;
  }

  get isIdle(): boolean {
    return this.#holder.isIdle;
  }

  startDrain(): void {
    this.#holder.startDrain();
  }

  destroy(reason: unknown): void {
    this.#holder.destroy(reason);
  }

  #end(info: CloseInfo): void {
    try {
      this.#holder.onClosed(info);
    } finally {
      this.#abortListener?.close();
      this.#registration?.[Symbol.dispose]();
    }
  }
}
