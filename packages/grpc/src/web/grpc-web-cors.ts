import type { CorsLayerOptions } from '@lamella/http';

/**
 * What `corsLayer` of `@lamella/http` needs to know so that scripts of other origins may call by gRPC-Web and Connect. Names of your own
 * metadata are to be added to both lists.
 *
 * @example
 * const layer = corsLayer({ origins: ['https://app.example'], ...grpcWebCors });
 */
export const grpcWebCors: Required<Pick<CorsLayerOptions, 'requestHeaders' | 'exposedHeaders'>> = {
  requestHeaders: [
    'Content-Type',
    'X-Grpc-Web',
    'X-User-Agent',
    'Grpc-Timeout',
    'Connect-Protocol-Version',
    'Connect-Timeout-Ms',
    'Connect-Content-Encoding',
    'Connect-Accept-Encoding',
  ],
  exposedHeaders: [
    'Grpc-Status',
    'Grpc-Message',
    'Grpc-Status-Details-Bin',
    'Grpc-Encoding',
    'Connect-Content-Encoding',
    'Connect-Accept-Encoding',
  ],
};
