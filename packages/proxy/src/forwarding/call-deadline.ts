import type { HttpHeaders, HttpRequest } from '@lamella/http';
import type { Clock } from '@lamella/service-core';

/** Whether a request is a call of gRPC or Connect that says how long it may take. */
export function hasCallDeadline(headers: HttpHeaders): boolean {
  return headers.has(OF_GRPC) || headers.has(OF_CONNECT);
}

/**
 * Takes from the time that a call may take what passes in this proxy: the waits for a connection, and the attempts before the one that is sent.
 * A server that was given that time as well would go on when nobody listens any more.
 *
 * @param headers - Of the request as it goes on.
 */
export function keepCallDeadline(request: HttpRequest, headers: HttpHeaders, clock: Clock): void {
  const givenMs = timeOf(nameIn(headers), headers);
  if (givenMs === undefined) return; // the next server says what it thinks of that
  const startMs = clock.nowMs();
  request.beforeSend((sent) => {
    const passedMs = clock.nowMs() - startMs;
    if (passedMs < LEAST_DIFFERENCE_MS) return; // nearly all calls find a connection that stands
    const name = nameIn(sent); // a layer of the client may have made a call of the other protocol of it
    const now = timeOf(name, sent);
    const leftMs = Math.max(1, Math.ceil(givenMs - passedMs));
    // Nothing gets longer: what is shorter has been told by somebody else who looks after the time.
    if (now !== undefined && leftMs < now && leftMs <= MAX_AMOUNT)
      sent.set(name, name === OF_GRPC ? `${leftMs}m` : `${leftMs}`);
  });
}

function nameIn(headers: HttpHeaders): typeof OF_GRPC | typeof OF_CONNECT {
  return headers.has(OF_GRPC) ? OF_GRPC : OF_CONNECT;
}

/** In milliseconds; `undefined` if there is none that can be read. */
function timeOf(name: string, headers: HttpHeaders): number | undefined {
  const value = headers.get(name) ?? '';
  const [, amount, unit = 'm'] = (name === OF_GRPC ? GRPC_TIME : CONNECT_TIME).exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
}

const OF_GRPC = 'grpc-timeout';
const OF_CONNECT = 'connect-timeout-ms';
/** PROTOCOL-HTTP2.md of grpc/grpc. */
const GRPC_TIME = /^([0-9]{1,8})([HMSmun])$/;
const CONNECT_TIME = /^([0-9]{1,10})$/;
const UNIT_MS: Readonly<Record<string, number>> = { n: 1e-6, u: 1e-3, m: 1, S: 1_000, M: 60_000, H: 3_600_000 };
const LEAST_DIFFERENCE_MS = 1;
/** Beyond 27 hours, which a number of eight digits can't say in milliseconds, what passes here is nothing. */
const MAX_AMOUNT = 99_999_999;
