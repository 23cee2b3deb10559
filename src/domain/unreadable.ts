// Why a file that the settings name cannot be read, and what to do about it.

/** "/run/secrets/pacs may not be read by gliabridge (EACCES): …", for the user who runs the process. */
export function unreadable(path: string, error: unknown, user = 'the user of this process'): string {
  const { code = 'unknown reason' } = error as { code?: string }
  switch (code) {
    case 'ENOENT':
      return `${path} does not exist (ENOENT)`
    case 'EISDIR':
      return `${path} is a folder, not a file (EISDIR)`
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read by ${user} (${code}): give that user the right to read the file and to enter its folders`
    default:
      return `${path} cannot be read (${code})`
  }
}
