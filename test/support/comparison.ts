// A comparison that fits a result: everything was smaller by a fifth, one lesion is new, one is gone.
import { trackingOf } from '../../src/dicom/tracking.ts'
import type { Comparison, VolumeChange } from '../../src/domain/comparison.ts'
import type { ReportableResult } from '../../src/domain/finding.ts'

export const PRIOR_STUDY_UID = '2.25.1460083571906332'

/** The last region has no known uncertainty. */
export function comparisonOf(
  { measurements }: Pick<ReportableResult, 'measurements'>,
  change: Partial<Comparison> = {},
): Comparison {
  const volumes = measurements.map(({ region, name, value }, n): VolumeChange => {
    const known = n < measurements.length - 1
    return {
      region,
      name,
      earlier: 0.8 * value,
      now: value,
      change: 0.2 * value,
      percent: 25,
      ...(known && { standardDeviation: 0.03 * value, percentDeviation: 4.2 }),
    }
  })
  return {
    prior: {
      analysisId: 'aa3a9c6e55d14b7e9a1b2c3d4e5f6071',
      studyInstanceUid: PRIOR_STUDY_UID,
      studyDate: '20260102',
      studyTime: '101500',
      objects: [
        {
          role: 'segmentation',
          sopClassUid: '1.2.840.10008.5.1.4.1.1.66.4',
          seriesInstanceUid: '2.25.5501',
          sopInstanceUid: '2.25.5502',
        },
        {
          role: 'report',
          sopClassUid: '1.2.840.10008.5.1.4.1.1.88.34',
          seriesInstanceUid: '2.25.5503',
          sopInstanceUid: '2.25.5504',
        },
      ],
    },
    days: 58,
    registration: { translationMm: 7.4, rotationDegrees: 5.1, mutualInformation: 1.11, residualMm: 0.4 },
    volumes,
    lesions: [
      {
        tracking: trackingOf({ analysisId: 'prior' }, 'lesion 1'),
        fate: 'continued',
        earlier: 40,
        now: 50,
        from: [],
      },
      { tracking: trackingOf({ analysisId: 'now' }, 'lesion 2'), fate: 'new', now: 1.25, from: [] },
      { tracking: trackingOf({ analysisId: 'prior' }, 'lesion 2'), fate: 'gone', earlier: 0.75, from: [] },
    ],
    response: {
      category: 'PD',
      productThen: 400,
      productNow: 524,
      percent: 31,
      percentDeviation: 9,
      possible: ['SD', 'PD'],
      reasons: ['From the sum of products of diameters of the measurable lesions.'],
    },
    tracking: { ET: trackingOf({ analysisId: 'prior' }, 'ET') },
    ...change,
  }
}
