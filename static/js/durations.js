// Durations as they are typed, for sums that follow: the same forms as core/durations.py, which
// decides in the end. Minutes, 0 for nought or nothing, null for what is no duration of a day.
const CLOCK = /^([-−]?)(\d{0,5}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?$/u;
const UNITS = new RegExp(
  "^([-−]?)(?:(\\d*[.,]?\\d+)\\s*(?:hours?|hrs?|h|stunden?|std|tuntia?|t)(?![a-z])\\.?)?\\s*" +
    "(?:(\\d+)\\s*(?:minuuttia?|minuten|minutes?|min|m)(?![a-z])\\.?|(?<=[a-z. ])([0-5]?\\d)(?!\\d))?" +
    "\\s*(?:(\\d+)\\s*(?:seconds?|sec|sek|s)(?![a-z])\\.?)?$",
  "iu",
);
const NUMBER = /^[-−+]?(?:\d+|\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+)?(?:[.,]\d+)?$/u;
const DAY = 24 * 3600;

export function readMinutes(typed) {
  const text = typed.trim();
  if (!text) return 0;
  if (text.length > 40) return null;
  const seconds = readSeconds(text);
  if (seconds === null || seconds > DAY || seconds < 0) return null;
  return seconds === 0 ? 0 : Math.max(1, Math.floor(seconds / 60 + 0.5 + 1e-9));
}

function readSeconds(text) {
  let match = CLOCK.exec(text);
  if (match) {
    const [, sign, hours, minutes, seconds] = match;
    if (Number(minutes) > 59 || Number(seconds ?? 0) > 59) return null;
    return signed(sign, Number(hours || 0) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0));
  }
  match = UNITS.exec(text);
  if (match && (match[2] || match[3] || match[5])) {
    const [, sign, hours, minutes, bare, seconds] = match;
    return signed(
      sign,
      Number((hours ?? "0").replace(",", ".")) * 3600 + Number(minutes ?? bare ?? 0) * 60 + Number(seconds ?? 0),
    );
  }
  return readHours(text);
}

function readHours(text) {
  let plain = text.replaceAll("−", "-");
  const comma = plain.lastIndexOf(",");
  const point = plain.lastIndexOf(".");
  if (comma >= 0 && point >= 0) plain = plain.replaceAll(comma < point ? "," : ".", "");
  if (!NUMBER.test(plain) || !/\d/.test(plain)) return null;
  return Number(plain.replace(/[ '’\u00a0\u202f]/gu, "").replace(",", ".")) * 3600;
}

const signed = (sign, seconds) => (sign ? -seconds : seconds);

export function showMinutes(minutes) {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
