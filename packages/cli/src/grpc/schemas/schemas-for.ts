import { CliError, EXIT } from '../../cli-error.ts';
import type { GrpcConnection } from '../grpc-connection.ts';
import type { GrpcOptions } from '../grpc-options.ts';
import { compileProtos } from './compile-protos.ts';
import { reflectedSchemas } from './reflected-schemas.ts';
import { descriptorSets, schemasOf } from './schema-files.ts';
import type { SchemaSource } from './schema-source.ts';

/** Where the schema comes from, as the options say. @throws CliError if files can't be used. */
export function schemasFor({ http2, url, call }: GrpcConnection, options: GrpcOptions): SchemaSource {
  const { descriptorSet, proto, importPath = [] } = options;
  if (descriptorSet !== undefined && proto !== undefined) {
    throw new CliError('use either --descriptor-set or --proto', EXIT.usage);
  }
  if (importPath.length > 0 && proto === undefined) throw new CliError('--import-path needs --proto', EXIT.usage);
  if (descriptorSet !== undefined) return descriptorSets(descriptorSet);
  if (proto !== undefined) return schemasOf([compileProtos(proto, importPath)]);
  return reflectedSchemas(http2, url, call);
}
