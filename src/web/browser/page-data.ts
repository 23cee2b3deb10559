// Data in JSON that a script reads: what the server wrote into the page, and what scripts themselves kept in a field or for the window.

/** Undefined for text that is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The data in an attribute of the page. The server that wrote them is of the version of this script, since the page names its scripts by their digest;
 * an attribute that lacks one of the `members` stops the script by name, before anything is half drawn.
 */
export function pageData<Data extends object>(
  element: HTMLElement,
  attribute: string,
  members: readonly (keyof Data & string)[],
): Data {
  const data = jsonIn(element.dataset[attribute] ?? '')
  const isComplete = (value: unknown): value is Data =>
    isObject(value) && members.every((member) => value[member] !== undefined)
  if (!isComplete(data)) throw new Error(`the page's data-${attribute} is not what its script reads`)
  return data
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
