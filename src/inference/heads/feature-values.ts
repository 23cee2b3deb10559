// What a tabular head is given: one number per named feature.

/** Features by name; NaN or absent where not known. */
export type Features = Readonly<Record<string, number>>
