// All intensity features of a region at once, under pyradiomics' names without "original_".
import { firstOrderOf } from './first-order.ts'
import { glcmFeatures } from './glcm.ts'
import { gldmFeatures } from './gldm.ts'
import { glrlmFeatures } from './glrlm.ts'
import { glszmFeatures } from './glszm.ts'
import { DEFAULT_SETTINGS, discretise, type Levels, type TextureSettings } from './levels.ts'
import { ngtdmFeatures } from './ngtdm.ts'
import { type Features, type Image, type Mask, valuesInside } from './roi.ts'

/** The texture families by the prefix of their features' names. */
export const TEXTURE_FAMILIES = {
  glcm: glcmFeatures,
  gldm: gldmFeatures,
  glrlm: glrlmFeatures,
  glszm: glszmFeatures,
  ngtdm: ngtdmFeatures,
} satisfies Record<string, (levels: Levels, settings: TextureSettings) => Features>

export type Family = 'firstorder' | keyof typeof TEXTURE_FAMILIES

export const FAMILIES = ['firstorder', 'glcm', 'gldm', 'glrlm', 'glszm', 'ngtdm'] as const satisfies readonly Family[]

/**
 * First-order and texture features, `<family>_<Feature>`, of the image (any unit) inside the mask on the same grid. Undefined
 * for an empty mask; throws RangeError like discretise.
 */
export function intensityFeatures(
  image: Image,
  mask: Mask,
  settings: TextureSettings = DEFAULT_SETTINGS,
  families: readonly Family[] = FAMILIES,
): Features | undefined {
  const levels = discretise(image, mask, settings)
  if (!levels) return undefined
  const features: Features = {}
  for (const family of families) {
    const values =
      family === 'firstorder'
        ? firstOrderOf(valuesInside(image, levels), levels)
        : TEXTURE_FAMILIES[family](levels, settings)
    for (const [name, value] of Object.entries(values)) features[`${family}_${name}`] = value
  }
  return features
}
