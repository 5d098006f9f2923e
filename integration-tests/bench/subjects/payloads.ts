/** 27 bytes, as everybody's hello. */
export const HELLO = '{"message":"Hello, World!"}';
/** 64 KiB. */
export const LARGE: Buffer = Buffer.alloc(64 * 1024, 'x');
/** 10 MiB. */
export const HUGE: Buffer = Buffer.alloc(10 * 1024 * 1024, 'y');
