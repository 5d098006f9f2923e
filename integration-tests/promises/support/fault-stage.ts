import type { Connection, Connector } from '@lamella/net-core';
import { countBytes } from '@lamella/net-core';
import { isLamellaError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import type { Chain } from './chain.ts';
import { openChain } from './chain.ts';
import type { Exchange } from './exchanges.ts';
import { exchangeOrigin } from './exchanges.ts';
import type { Fault } from './faulty-stream.ts';
import { BROKEN_OFF, faultyStream } from './faulty-stream.ts';
import type { HttpVersion } from './http-version.ts';

/** Which end of the chain breaks its connections off. */
export type FaultyEnd = 'client' | 'origin';

/** Bytes that one end has seen. */
export interface BytesSeen {
  readonly in: number;
  readonly out: number;
}

/** Where exchanges are had with a fault at one end. */
export interface FaultStage {
  readonly chain: Chain;
  /** Has an exchange without a fault, and counts what one end sees. */
  measure(exchange: Exchange, end: FaultyEnd): Promise<BytesSeen>;
  /** Has an exchange with a fault in every connection of one end. @returns How it ended, in one word. */
  run(exchange: Exchange, end: FaultyEnd, fault: Fault): Promise<string>;
}

/** Opens a chain for exchanges that are broken off. */
export function openFaultStage(version: HttpVersion): FaultStage {
  let atOrigin: Change = unchanged;
  const chain = openChain({
    version,
    origin: exchangeOrigin,
    onOriginConnection: (connection) => atOrigin(connection),
  });

  async function converse(exchange: Exchange, end: FaultyEnd, change: Change): Promise<string> {
    const atClient = end === 'client' ? change : unchanged;
    atOrigin = end === 'origin' ? change : unchanged;
    chain.renewEgress(); // no connection of an earlier exchange is used again
    const opened: Connection[] = [];
    const keep = (connection: Connection): Connection => {
      const changed = atClient(connection);
      opened.push(changed);
      return changed;
    };
    const connector: Connector = {
      serve: async (request) => keep(await chain.network.connector().serve(request)),
    };
    const client = exchange.via === 'forward' ? chain.viaProxy({ connector }) : chain.direct({ connector });
    const connect = async (): Promise<Connection> => keep(await chain.connect('edge.test:80'));
    try {
      return await inTime(chain, exchange.run({ client, connect }));
    } finally {
      client.destroy();
      for (const { stream } of opened) stream.destroy();
      atOrigin = unchanged;
    }
  }

  return {
    chain,
    async measure(exchange, end) {
      const seen: { readonly bytesIn: number; readonly bytesOut: number }[] = [];
      const outcome = await converse(exchange, end, (connection) => {
        const { stream, counts } = countBytes(connection.stream);
        seen.push(counts);
        return connection.withStream(stream);
      });
      if (outcome !== exchange.expected) throw new Error(`without a fault, ${exchange.name} ended with ${outcome}`);
      return {
        in: seen.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
        out: seen.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
      };
    },
    async run(exchange, end, fault) {
      try {
        const change: Change = (connection) => connection.withStream(faultyStream(connection.stream, fault));
        const outcome = await converse(exchange, end, change);
        return outcome === exchange.expected ? 'complete' : outcome;
      } catch (error) {
        if (error === BROKEN_OFF) return 'its own reason';
        return isLamellaError(error) ? error.code : `untyped: ${String(error)}`;
      }
    },
  };
}

type Change = (connection: Connection) => Connection;

function unchanged(connection: Connection): Connection {
  return connection;
}

/** Most exchanges need no time; one that waits for a deadline gets it. @throws If nothing is left that would end it. */
async function inTime(chain: Chain, conversation: Promise<string>): Promise<string> {
  const { clock } = chain;
  let isOver = false;
  const mark = (): void => {
    isOver = true;
  };
  conversation.then(mark, mark);
  for (let turn = 0; turn < 30 && !isOver; turn++) await settle(1);
  while (!isOver && clock.nextTimerMs !== undefined) await clock.advanceAsync(clock.nextTimerMs - clock.nowMs());
  if (!isOver) throw new Error('the exchange is pending, and nothing is left that would end it');
  return conversation;
}
