// One voxel's tissues while the head is painted layer by layer: at most two, with their shares.

export class Paint {
  under = 0
  over = 0
  /** Share of `over`, 0 to 1. */
  share = 1
  readonly #blend: number

  /** `blend`: half width in mm of the edge between two tissues, so that edges and thin sheets are smooth on a grid. */
  constructor(blend: number) {
    this.#blend = blend
  }

  reset(tissue: number): void {
    this.under = tissue
    this.over = tissue
    this.share = 1
  }

  /** Lays a tissue over what is there, inside of the signed distance (mm, negative inside). */
  lay(tissue: number, distance: number): void {
    const blend = this.#blend
    if (distance >= blend) return
    if (distance <= -blend) {
      this.reset(tissue)
      return
    }
    this.under = this.dominant()
    this.over = tissue
    this.share = (blend - distance) / (2 * blend)
  }

  /** The tissue with the larger share. */
  dominant(): number {
    return this.share > 0.5 ? this.over : this.under
  }
}
