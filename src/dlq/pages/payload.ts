/** Of a payload as a page shows it; all of it can be downloaded. */
const shown = 64 * 1024;
const deepest = 40;

/** The tokens of a JSON text: strings, brackets and commas, and what is between them. */
const token = /"(?:[^"\\]|\\.)*"?|[[\]{},:]|[^\s[\]{},:"]+/g;

/** JSON on lines of its own, each number and string as it came: nothing is parsed and written anew. */
const indented = (json: string): string => {
  let depth = 0;
  let before = '';
  let text = '';
  const newLine = () => `\n${'  '.repeat(Math.min(depth, deepest))}`;
  for (const [part] of json.matchAll(token)) {
    const closes = part === '}' || part === ']';
    const opened = before === '{' || before === '[';
    if (closes) {
      depth--;
      if (!opened) text += newLine();
    } else if (opened || before === ',') text += newLine();
    if (part === '{' || part === '[') depth++;
    text += part === ':' ? ': ' : part;
    before = part;
  }
  return text;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Bytes as an editor for them shows them: place, hexadecimal, what is readable. */
const dump = (bytes: Buffer): string => {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.subarray(at, at + 16);
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const readable = line.toString('latin1').replace(/[^\x20-\x7e]/g, '·');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${readable}`);
  }
  return lines.join('\n');
};

export interface Shown {
  kind: 'JSON' | 'text' | 'bytes' | 'nothing';
  text: string;
  /** Whether there is more than is shown. */
  cut: boolean;
}

/** A payload as something to read. */
export const show = (payload: Buffer | null): Shown => {
  if (payload === null || payload.length === 0) return { kind: 'nothing', text: '', cut: false };
  const text = payload.toString();
  if (!Buffer.from(text).equals(payload)) {
    const most = shown / 8;
    return { kind: 'bytes', text: dump(payload.subarray(0, most)), cut: payload.length > most };
  }
  const cut = text.length > shown;
  const json = isJson(text);
  const beginning = text.slice(0, shown);
  return { kind: json ? 'JSON' : 'text', text: json ? indented(beginning) : beginning, cut };
};
