/** @file Whether a request names this machine as its host: a page of elsewhere that has a name of its own resolved to it does not. */

/** Where the URL of a page names no port, and hence its requests name none. */
const HTTP_PORT = 80;

/** @param port That the request came in on. */
export function isOwnHost(host: string | undefined, port: number | undefined): boolean {
  const [, asked] = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d{1,5}))?$/i.exec(host ?? "") ?? [undefined, "none"];
  return port !== undefined && Number(asked ?? HTTP_PORT) === port;
}
