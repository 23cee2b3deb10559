// Worker thread that runs elastix (WebAssembly): one rigid registration at a time, one reply per request.
import { parentPort } from 'node:worker_threads'
import { elastixNode } from '@itk-wasm/elastix'
import { Image, ImageType } from 'itk-wasm'
import type { Grid, Vec3, Volume } from '../../domain/volume.ts'

export interface RegisterRequest {
  id: number
  fixed: Volume<Float32Array>
  moving: Volume<Float32Array>
  /** Start with the centres of gravity aligned, instead of the positions in the headers. */
  fromCentres: boolean
}

/** Euler angles in radians, translation and centre in LPS mm: ITK's Euler3DTransform, fixed → moving. */
export type RegisterReply =
  | { id: number; angles: Vec3; translation: Vec3; centre: Vec3 }
  | { id: number; failure: string }

/**
 * Elastix's own rigid defaults, but half the iterations, and a pyramid of the moving image that also shrinks, which saves a sixth of the time
 * (neither is worse, see the test; with a fixed image that shrinks as well it fails). The sampler's seed is fixed, so re-runs agree.
 */
const PARAMETERS = {
  Registration: ['MultiResolutionRegistration'],
  NumberOfResolutions: ['3'],
  FixedImagePyramid: ['FixedSmoothingImagePyramid'],
  MovingImagePyramid: ['MovingRecursiveImagePyramid'],
  ImageSampler: ['RandomCoordinate'],
  NumberOfSpatialSamples: ['2048'],
  NewSamplesEveryIteration: ['true'],
  NumberOfSamplesForExactGradient: ['2048'],
  CheckNumberOfSamples: ['true'],
  MaximumNumberOfSamplingAttempts: ['8'],
  Metric: ['AdvancedMattesMutualInformation'],
  Interpolator: ['LinearInterpolator'],
  Optimizer: ['AdaptiveStochasticGradientDescent'],
  AutomaticParameterEstimation: ['true'],
  AutomaticScalesEstimation: ['true'],
  MaximumNumberOfIterations: ['128'],
  Transform: ['EulerTransform'],
  Resampler: ['DefaultResampler'],
  ResampleInterpolator: ['FinalLinearInterpolator'],
  DefaultPixelValue: ['0'],
  ResultImageFormat: ['nii'],
  WriteIterationInfo: ['false'],
  WriteResultImage: ['true'],
}

parentPort?.on('message', (request: RegisterRequest) => {
  register(request).then(
    (reply) => parentPort?.postMessage(reply),
    // WebAssembly throws bare numbers and objects; their content is dropped.
    () => parentPort?.postMessage({ id: request.id, failure: 'elastix found no transform' } satisfies RegisterReply),
  )
})

async function register({ id, fixed, moving, fromCentres }: RegisterRequest): Promise<RegisterReply> {
  const initial = fromCentres
    ? { AutomaticTransformInitialization: ['true'], AutomaticTransformInitializationMethod: ['CenterOfGravity'] }
    : { AutomaticTransformInitialization: ['false'] }
  const { transform } = await elastixNode([{ ...PARAMETERS, ...initial }], {
    fixed: toImage(fixed),
    moving: toImage(moving),
  })
  // The list is the composite's own entry and its one member; the fourth fixed parameter would select the order Z·Y·X.
  const members = transform.filter((t) => t.transformType.transformParameterization !== 'Composite')
  const values = [...(members[0]?.parameters ?? [])].map(Number)
  const [cx = Number.NaN, cy = Number.NaN, cz = Number.NaN, orderZyx = 0] = [
    ...(members[0]?.fixedParameters ?? []),
  ].map(Number)
  const isEuler =
    members.length === 1 && members[0]!.transformType.transformParameterization === 'Euler3D' && orderZyx === 0
  if (!isEuler || values.length !== 6 || ![...values, cx, cy, cz].every(Number.isFinite)) {
    return { id, failure: 'elastix gave another transform than the rigid one it was asked for' }
  }
  const [ax, ay, az, tx, ty, tz] = values as [number, number, number, number, number, number]
  return { id, angles: [ax, ay, az], translation: [tx, ty, tz], centre: [cx, cy, cz] }
}

function toImage({ grid, data }: Volume<Float32Array>): Image {
  const image = new Image(new ImageType(3, 'float32', 'Scalar', 1))
  const { size, spacing, origin, direction }: Grid = grid
  image.size = [...size]
  image.spacing = [...spacing]
  image.origin = [...origin]
  image.direction = Float64Array.from(direction)
  image.data = data
  return image
}
