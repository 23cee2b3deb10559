// Who observed (TID 1001, 1002, 1004): the algorithm as a device, the same one as in Contributing Equipment (IHE AI Results).
import type { ReportableResult } from '../../domain/finding.ts'
import type { DicomJson } from '../../domain/study.ts'
import { clip, deviceUid } from '../result-modules.ts'
import {
  DEVICE,
  DEVICE_MANUFACTURER,
  DEVICE_MODEL,
  DEVICE_NAME,
  DEVICE_SERIAL,
  DEVICE_UID,
  OBSERVER_TYPE,
} from './concepts.ts'
import { codeItem, textItem, uidItem } from './content-item.ts'

/** The subject is left out: by TID 1006 it is then the patient of the document. */
export function deviceObserver({ software, bundle }: ReportableResult): DicomJson[] {
  const observed = 'HAS OBS CONTEXT'
  return [
    codeItem(observed, OBSERVER_TYPE, DEVICE),
    uidItem(observed, DEVICE_UID, deviceUid(bundle.modelDigest)),
    textItem(observed, DEVICE_NAME, clip(`${software.name} ${software.version}`, 64)),
    textItem(observed, DEVICE_MANUFACTURER, clip(software.manufacturer, 64)),
    textItem(observed, DEVICE_MODEL, clip(bundle.name, 64)),
    textItem(observed, DEVICE_SERIAL, clip(bundle.digest, 64)),
  ]
}
