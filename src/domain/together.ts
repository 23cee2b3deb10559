/** Waits until both have ended, then answers with both values or throws the first failure: nothing goes on behind the caller's back. */
export async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return Promise.all([first, second])
}
