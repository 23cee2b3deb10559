// The identity of an analysis: what was analysed, and by what.
import { createHash } from 'node:crypto'
import type { Uid } from '../domain/study.ts'

/** 32 hexadecimal digits of sha256 over study, instance set and bundle: the same inputs are the same analysis, always. */
export function analysisIdOf(studyInstanceUid: Uid, instanceSetDigest: string, modelDigest: string): string {
  const text = ['analysis', studyInstanceUid, instanceSetDigest, modelDigest].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
