/** Lets whatever has come from other processes meanwhile be answered before a long computation goes on. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
