/** How sockets are read: by shared memory where Node allows it, or by `data` events. */
export type ReadMode = 'shared-memory' | 'data-events';
