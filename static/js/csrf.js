// From the cookie at the time of asking: signing in again in another tab changes it.
export function csrfToken() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}
