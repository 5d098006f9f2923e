import type { Extension } from './client-hello-bytes.ts';
import { alpn, helloMessage, joined, numbers16, serverName, u16, vector8, vector16 } from './client-hello-bytes.ts';

/** What published fingerprints tell of a hello. */
export interface HelloLists {
  readonly version: number;
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  readonly groups?: readonly number[];
  readonly pointFormats?: readonly number[];
  readonly signatureAlgorithms?: readonly number[];
  readonly supportedVersions?: readonly number[];
  readonly protocols?: readonly string[];
  readonly pskModes?: readonly number[];
  readonly certificateCompression?: readonly number[];
}

/** Makes a ClientHello that has these lists, and some content in each extension that needs one. */
export function helloOfLists(lists: HelloLists): Uint8Array {
  const extensions = lists.extensions.map((type): Extension => [type, bodyOf(type, lists)]);
  const { version, ciphers } = lists;
  return helloMessage({ version, ciphers, extensions: extensions.length === 0 ? 'none' : extensions });
}

function bodyOf(type: number, lists: HelloLists): Uint8Array {
  const { groups = [29], pointFormats = [0], signatureAlgorithms = [0x0403], supportedVersions = [0x0304] } = lists;
  const { protocols = ['h2'], pskModes = [1], certificateCompression = [2] } = lists;
  switch (type) {
    case 0:
      return serverName('example.com')[1];
    case 10:
      return vector16(numbers16(groups));
    case 11:
      return vector8(Uint8Array.from(pointFormats));
    case 13:
      return vector16(numbers16(signatureAlgorithms));
    case 16:
      return alpn(protocols)[1];
    case 27:
      return vector8(numbers16(certificateCompression));
    case 41:
      return joined(vector16(new Uint8Array(7)), vector16(new Uint8Array(33)));
    case 43:
      return vector8(numbers16(supportedVersions));
    case 45:
      return vector8(Uint8Array.from(pskModes));
    case 51:
      return vector16(joined(u16(29), vector16(new Uint8Array(32))));
    case 65_281:
      return vector8(new Uint8Array(0));
    default:
      return new Uint8Array(0);
  }
}
