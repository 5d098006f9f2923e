/** 27 bytes, as everybody's hello. */
export const HELLO = '{"message":"Hello, World!"}';
/** 64 KiB. */
export const LARGE: Buffer = Buffer.alloc(64 * 1024, 'x');
/** 16 MiB. */
export const FAR: Buffer = Buffer.alloc(16 * 1024 * 1024, 'z');
/** 10 MiB. */
export const HUGE: Buffer = Buffer.alloc(10 * 1024 * 1024, 'y');
