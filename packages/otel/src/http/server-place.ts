import { defaultPort, tryParseAuthority } from '@lamella/net-core';
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../shared/names.ts';
import { hostText } from '../shared/network-attributes.ts';

/** What `server.address` and `server.port` say. */
export interface ServerPlace {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Takes authorities apart; the last one is remembered, since most requests of a connection name the same. */
export class ServerPlaces {
  #scheme = '';
  #authority = '';
  #place: ServerPlace = NOWHERE;

  /** The place that an authority names; nowhere if it is none. */
  of(scheme: string, authority: string | undefined): ServerPlace {
    if (authority === undefined) return NOWHERE;
    if (authority !== this.#authority || scheme !== this.#scheme) {
      const parsed = tryParseAuthority(authority);
      this.#scheme = scheme;
      this.#authority = authority;
      this.#place =
        parsed === undefined ? NOWHERE : { address: hostText(parsed.host), port: parsed.port ?? defaultPort(scheme) };
    }
    return this.#place;
  }
}

/** `server.address` and `server.port`, as far as they are known. */
export function addPlace(attributes: Attributes, { address, port }: ServerPlace): void {
  if (address !== undefined) attributes[ATTR.serverAddress] = address;
  if (address !== undefined && port !== undefined) attributes[ATTR.serverPort] = port;
}

const NOWHERE: ServerPlace = { address: undefined, port: undefined };
