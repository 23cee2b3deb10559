// Artefacts of an analysis: bytes with their sha256, which is checked again when they are read.

import { sha256Of } from '../domain/digest.ts'
import { AppError } from '../domain/errors.ts'
import type { Artifact } from '../domain/ports/analysis-store.ts'
import type { Queryable } from './database.ts'
import { QUERIES } from './queries.ts'

interface ArtifactRow {
  role: Artifact['role']
  media_type: string
  base64: string
  sha256: string
  sop_instance_uid: string | null
  series_instance_uid: string | null
  sop_class_uid: string | null
}

export async function saveArtifacts(tx: Queryable, analysisId: string, artifacts: readonly Artifact[]): Promise<void> {
  const roles = artifacts.map(({ role }) => role)
  // What an earlier run made and this one did not (a SEG, if nothing is found now) must not be delivered.
  await tx.query(QUERIES.dropOtherArtifacts.sql, [analysisId, roles])
  for (const artifact of artifacts) {
    await tx.query(QUERIES.saveArtifact.sql, [
      analysisId,
      artifact.role,
      artifact.mediaType,
      Buffer.from(artifact.bytes).toString('base64'),
      sha256Of(artifact.bytes),
      artifact.sopInstanceUid ?? null,
      artifact.seriesInstanceUid ?? null,
      artifact.sopClassUid ?? null,
    ])
  }
}

export async function loadArtifacts(db: Queryable, analysisId: string, role?: Artifact['role']): Promise<Artifact[]> {
  const rows = await db.query<ArtifactRow>(QUERIES.loadArtifacts.sql, [analysisId, role ?? null])
  return rows.map((row) => {
    const bytes = new Uint8Array(Buffer.from(row.base64, 'base64'))
    if (sha256Of(bytes) !== row.sha256)
      throw new AppError('INTERNAL', `artefact ${row.role} of ${analysisId} is damaged in the database`)
    return {
      role: row.role,
      mediaType: row.media_type,
      bytes,
      ...(row.sop_instance_uid === null ? {} : { sopInstanceUid: row.sop_instance_uid }),
      ...(row.series_instance_uid === null ? {} : { seriesInstanceUid: row.series_instance_uid }),
      ...(row.sop_class_uid === null ? {} : { sopClassUid: row.sop_class_uid }),
    }
  })
}

export async function loadArtifactRoles(db: Queryable, analysisId: string): Promise<ReadonlySet<Artifact['role']>> {
  const rows = await db.query<Pick<ArtifactRow, 'role'>>(QUERIES.artifactRoles.sql, [analysisId])
  return new Set(rows.map(({ role }) => role))
}
