/** `firstMs`, doubled with every failure but the first. @param {number} failures from 1 @param {number} firstMs @param {number} mostMs */
export const doubled = (failures, firstMs, mostMs) => Math.min(mostMs, firstMs * 2 ** (failures - 1));

/** A random time, so that a thousand clients do not return in one instant. @param {number} failures from 1 @param {() => number} random */
export const reconnectAfter = (failures, random) => random() * doubled(failures, 1000, 30_000);
