// A sentence of a result in such a form that it can be said in another language.

/** Which sentence it is (the wording has it in every language), and what it states. */
export interface Said {
  sentence: string
  values: Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[]>>
}
