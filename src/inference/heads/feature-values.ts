// The input of a tabular head: one number per named feature.

/** Features by name; NaN or absent if unknown. */
export type Features = Readonly<Record<string, number>>
