// One voxel's tissues while the head is painted layer over layer: at most two, with their shares.

/** Half width in mm of the blend between two tissues, so that edges are smooth on a 1 mm grid. */
const BLEND = 0.6

export class Paint {
  under = 0
  over = 0
  /** Share of `over`, 0 to 1. */
  share = 1

  reset(tissue: number): void {
    this.under = tissue
    this.over = tissue
    this.share = 1
  }

  /** Lays a tissue over what is there, inside of the signed distance (mm, negative inside). */
  lay(tissue: number, distance: number): void {
    if (distance >= BLEND) return
    if (distance <= -BLEND) {
      this.reset(tissue)
      return
    }
    this.under = this.dominant()
    this.over = tissue
    this.share = (BLEND - distance) / (2 * BLEND)
  }

  /** The tissue with the larger share. */
  dominant(): number {
    return this.share > 0.5 ? this.over : this.under
  }
}
