import { expect, test } from "vitest";
import { markControlText } from "./control-markup.ts";

const literals = ["<a>", "<a><b>", "<c.d>"];

test("no literal: nothing to do", () => {
  expect(markControlText([{ role: "user", content: "a <b> <cxd>" }], literals, "")).toBeUndefined();
});

test("split returns trusted text and literals in turn, the longest literal first", () => {
  const marked = markControlText([{ role: "user", content: "x<a><b>y<c.d>" }], literals, "template")!;
  const rendered = `<a>${String(marked.messages[0]!.content)}<c.d>`;
  expect(marked.split(rendered)).toEqual(["<a>x", "<a><b>", "y", "<c.d>", "<c.d>"]);
  expect(marked.unmark(rendered)).toBe("<a>x<a><b>y<c.d><c.d>");
});

test("the markers occur neither in the messages nor in the template", () => {
  const text = "\u{f0000}<a>";
  const marked = markControlText([{ role: "user", content: text }], literals, "\u{f0001}")!;
  const rendered = `\u{f0001}${String(marked.messages[0]!.content)}`;
  expect(marked.unmark(rendered)).toBe(`\u{f0001}${text}`);
  expect(marked.split(rendered)).toEqual(["\u{f0001}\u{f0000}", "<a>", ""]);
});

test("a template that cuts a text leaves no literal whole in trusted text", () => {
  const marked = markControlText([{ role: "user", content: "one<a>two" }], literals, "")!;
  const text = [...String(marked.messages[0]!.content)];
  for (let from = 0; from < text.length; from++) {
    for (let to = from; to <= text.length; to++) {
      const cut = text.slice(from, to).join("");
      const trusted = marked.split(cut).filter((_, index) => index % 2 === 0);
      // A cut at both markers leaves "<a>" and nothing that tells it from the template's own.
      if (cut !== "<a>") expect(trusted.join("|")).not.toContain("<a>");
    }
  }
});
