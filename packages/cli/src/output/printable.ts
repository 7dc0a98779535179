// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text that cannot steer a terminal: control characters other than line feed and tab, which a model or a file name may
 * contain, become visible (`␛`). For terminals only; pipes get the text as it is.
 */
export function printable(text: string): string {
  return text.replace(controls, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

/** {@link printable} for a terminal; for anything else the text unchanged. */
export function printableOn(output: { readonly isTTY?: boolean }, text: string): string {
  return output.isTTY === true ? printable(text) : text;
}
