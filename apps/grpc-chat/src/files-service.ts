import type { GrpcImplementation } from '@lamella/grpc';
import { implementService } from '@lamella/grpc';
import { Files } from './chat-pb.ts';
import type { FileStore } from './file-store.ts';

/** Files as a service of gRPC: a stream of the client, and one of the server. */
export function filesService(store: FileStore): GrpcImplementation {
  return implementService(Files, {
    upload: (pieces) => store.add(pieces),

    *download({ id }) {
      for (const data of store.piecesOf(id)) {
        for (let start = 0; start < data.length; start += PIECE_BYTES) {
          yield { data: data.subarray(start, start + PIECE_BYTES) };
        }
      }
    },

    list: () => ({ files: [...store.list()] }),
  });
}

/** Pieces that are small enough to come between others on the same connection. */
const PIECE_BYTES = 65_536;
