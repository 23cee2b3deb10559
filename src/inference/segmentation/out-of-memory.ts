/** A device has too little memory for one run of a network; a smaller piece, or another provider, may do. */
export class OutOfMemory extends Error {
  readonly provider: string

  constructor(provider: string, reason: string) {
    super(reason)
    this.provider = provider
  }
}
