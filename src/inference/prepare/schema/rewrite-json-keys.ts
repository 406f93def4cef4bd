/** The keys of a JSON text that arrives in pieces, replaced on the way; everything else stays as it was written. Pure. */
import { parseJson } from '../../../json.ts';

export interface KeyRewriter {
  /** The text that may go on; a key that has not ended is held back. */
  push(piece: string): string;
  /** What was held back, as it came. */
  end(): string;
}

/** One rewriter for one text. Text that is no JSON passes as it is as far as it can. */
export function keyRewriter(rename: (key: string) => string): KeyRewriter {
  /** True = an object is open, false = a list. */
  const open: boolean[] = [];
  let isKeyNext = false;
  /** The string that is being read, from its first quote on. */
  let text: string | undefined;
  let isKey = false;
  let isEscaped = false;

  const inString = (character: string): string => {
    text += character;
    if (isEscaped || character !== '"') {
      isEscaped = !isEscaped && character === '\\';
      return isKey ? '' : character;
    }
    const whole = text ?? '';
    text = undefined;
    return isKey ? renamed(whole, rename) : character;
  };
  const outside = (character: string): string => {
    if (character === '"') {
      text = character;
      isKey = isKeyNext;
      isKeyNext = false;
      return isKey ? '' : character;
    }
    if (character === '{' || character === '[') open.push(character === '{');
    if (character === '}' || character === ']') open.pop();
    if (character === '{' || character === ',') isKeyNext = open.at(-1) === true;
    else if (character === '[' || character === '}' || character === ']') isKeyNext = false;
    return character;
  };
  return {
    push(piece) {
      let out = '';
      for (const character of piece) out += text === undefined ? outside(character) : inString(character);
      return out;
    },
    end() {
      const held = isKey ? (text ?? '') : '';
      text = undefined;
      return held;
    },
  };
}

function renamed(quoted: string, rename: (key: string) => string): string {
  const key = parseJson(quoted);
  const sent = typeof key === 'string' ? rename(key) : key;
  return sent === key || sent === undefined ? quoted : JSON.stringify(sent);
}
