import { byteOfCharacter } from "./byte-alphabet.ts";

/**
 * One step of turning token strings into text, fed one token at a time. The strings that all calls of `push` and the
 * one of `flush` return, joined, are what the step makes of the whole list: nothing that later tokens could still
 * change is handed out early. Semantics are those of the Rust tokenizers library (its `decoders` module), which
 * transformers decodes with.
 */
export interface DecoderStage {
  /** Takes the next token; returns what is settled now. */
  push(token: string): readonly string[];
  /** Ends the list; returns what was held back. */
  flush(): readonly string[];
}

/** Applies `map` to every token; holds nothing back. */
export function mapStage(map: (token: string, index: number) => string): DecoderStage {
  let index = 0;
  return { push: (token) => [map(token, index++)], flush: () => [] };
}

/** Byte-level BPE: the tokens' bytes are one UTF-8 stream; malformed bytes become U+FFFD. */
export function byteLevelStage(): DecoderStage {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (token) => [decoder.decode(byteLevelBytes(token), { stream: true })],
    flush: () => [decoder.decode()],
  };
}

/** A token with any character outside the byte alphabet (an added token such as `<｜User｜>`) stands for itself. */
function byteLevelBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfCharacter.get(token[i]!);
    if (byte === undefined) return new TextEncoder().encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * SentencePiece byte fallback: a run of `<0xHH>` tokens is one UTF-8 string if it is well-formed as a whole; otherwise
 * each of its bytes becomes U+FFFD. Later bytes of a run therefore decide about earlier ones, so runs are held back.
 */
export function byteFallbackStage(): DecoderStage {
  let run: number[] = [];
  const endRun = (): string[] => {
    if (run.length === 0) return [];
    const bytes = Uint8Array.from(run);
    run = [];
    try {
      return [new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)];
    } catch {
      return ["\uFFFD".repeat(bytes.length)];
    }
  };
  return {
    push(token) {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (byte === undefined) return [...endRun(), token];
      run.push(Number.parseInt(byte, 16));
      return [];
    },
    flush: endRun,
  };
}

/** Strips up to `start` leading and `stop` trailing `character`s of the joined text. */
export function stripJoinedStage(character: string, start: number, stop: number): DecoderStage {
  let toStrip = start;
  let held = "";
  return {
    push(token) {
      let text = token;
      while (toStrip > 0 && text.length > 0) {
        if (text[0] === character) {
          text = text.slice(1);
          toStrip--;
        } else toStrip = 0;
      }
      text = held + text;
      let tail = 0;
      while (tail < stop && tail < text.length && text[text.length - 1 - tail] === character) tail++;
      held = text.slice(text.length - tail);
      return [text.slice(0, text.length - tail)];
    },
    flush: () => [],
  };
}
