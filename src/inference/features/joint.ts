// The joint distribution of the grey levels of neighbouring voxels: what every co-occurrence feature is computed from.

/** Joint shares of pairs of levels; `p` sums to 1. */
export interface Joint {
  row: Int32Array
  column: Int32Array
  p: Float64Array
  /** Marginal shares by level. */
  px: Float64Array
  py: Float64Array
}
