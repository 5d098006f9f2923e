import { readFileSync, readlinkSync } from 'node:fs';

/**
 * The path of a Unix socket that the process was started with, which Node does not tell.
 *
 * @remarks
 * Linux keeps it in `/proc`. Elsewhere, or if the socket has none, the path of the descriptor stands for it.
 */
export function inheritedPath(fd: number): string {
  try {
    const inode = /^socket:\[([0-9]+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    const path = inode === undefined ? undefined : pathOfInode(readFileSync('/proc/net/unix', 'utf8'), inode);
    if (path !== undefined) return path;
  } catch {
    // Not Linux, or no /proc to look into.
  }
  return `/dev/fd/${fd}`;
}

/** Finds a socket in the table of the kernel. An `@` in front stands for the NUL of an abstract name. */
function pathOfInode(table: string, inode: string): string | undefined {
  for (const line of table.split('\n')) {
    const [, found, path] = /^\S+: \S+ \S+ \S+ \S+ \S+ +([0-9]+) (.+)$/.exec(line) ?? [];
    if (found === inode && path !== undefined) return path.replace(/^@/, '\0');
  }
  return undefined;
}
