// Attachments of the demo EHR as files: a Binary, or the first attachment of a document or report, wherever its bytes are.
import type { Attachment, Binary, Resource } from '@medplum/fhirtypes'
import type { DemoRepository } from './repository.ts'

const missing = () => new Response('Not found', { status: 404 })

export async function binaryResponse(repository: DemoRepository, id: string): Promise<Response> {
  const binary = await repository.readResource<Binary>('Binary', id).catch(() => undefined)
  return binary?.data === undefined ? missing() : file(binary.data, binary.contentType)
}

/** Bytes of `DocumentReference/id` or `DiagnosticReport/id`. */
export async function attachmentOf(repository: DemoRepository, type: string, id: string): Promise<Response> {
  const resource = await repository.readResource<Resource>(type, id).catch(() => undefined)
  const attachment = resource && firstAttachment(resource)
  if (attachment?.data) return file(attachment.data, attachment.contentType)
  const binaryId = /(?:^|\/)Binary\/([^/]+)$/.exec(attachment?.url ?? '')?.[1]
  return binaryId ? binaryResponse(repository, binaryId) : missing()
}

function firstAttachment(resource: Resource): Attachment | undefined {
  if (resource.resourceType === 'DocumentReference') return resource.content[0]?.attachment
  if (resource.resourceType === 'DiagnosticReport') return resource.presentedForm?.[0]
  return undefined
}

function file(data: string, contentType = 'application/octet-stream'): Response {
  return new Response(Buffer.from(data, 'base64'), {
    headers: { 'content-type': contentType, 'content-disposition': 'inline', 'x-content-type-options': 'nosniff' },
  })
}
