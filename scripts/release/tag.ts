// The tag of a release: annotated with the section of the changelog and the checksums of what belongs to it.

/** Lines of the changelog under "## <version>". Throws if there is no such section, or an empty one. */
export function sectionOf(changelog: string, version: string): string {
  const [, section] =
    changelog
      .split(/^## /m)
      .map((part) => part.split(/\n(.*)/s))
      .find(([title]) => title === version) ?? []
  const text = section?.trim()
  if (!text) throw new Error(`CHANGELOG.md has no section "## ${version}": move there what the release brings`)
  return text
}

/** Git reads no line of it as a comment: headings are cut, and it is passed with --cleanup=verbatim. */
export function tagMessage(name: string, version: string, section: string, sums: readonly string[]): string {
  return `${name} ${version}\n\n${section}\n\nSHA-256 of the files of the release:\n${sums.join('\n')}\n`
}
