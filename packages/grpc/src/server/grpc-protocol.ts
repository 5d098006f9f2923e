/** A protocol that calls come by. */
export type GrpcProtocol = 'grpc' | 'grpc-web' | 'connect';
