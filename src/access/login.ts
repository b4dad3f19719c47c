/** A login as it is stored and looked for: case and the way letters are composed do not count. */
export const foldLogin = (login: string): string => login.normalize('NFKC').trim().toLowerCase()
