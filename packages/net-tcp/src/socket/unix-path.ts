/**
 * Whether the kernel takes a path for a Unix socket as it is.
 *
 * @remarks
 * There is room for 108 bytes, one of them for a NUL. Some versions of Node cut a longer one off without a word, and so would reach
 * another socket.
 */
export function isUnixPath(path: string): boolean {
  const isAbstract = path.startsWith('\0');
  const length = Buffer.byteLength(path);
  return length >= (isAbstract ? 2 : 1) && length <= (isAbstract ? 108 : 107) && path.lastIndexOf('\0') <= 0;
}
