export { otlpGrpcServices } from './otlp-grpc/otlp-grpc-services.ts';
export type { OtlpOverGrpcOptions } from './otlp-grpc/otlp-over-grpc.ts';
export { otlpOverGrpc } from './otlp-grpc/otlp-over-grpc.ts';
