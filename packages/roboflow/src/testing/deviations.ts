/** A recorded case that this client answers differently on purpose; the README gives the reasons. */
export interface Deviation {
  /** What each difference must look like; there must be exactly these. */
  readonly differences: readonly RegExp[];
}

const repliedOnceMore = [
  /^threw HTTPCallError .*no exchange is left/,
  /^2 requests instead of 1/,
  /^request 1 is not recorded/,
] as const;

/** Deviations by case id. */
export const deviations: Readonly<Record<string, Deviation>> = {
  // Null members that a server leaves out are no reason to lose the embeddings.
  "clip-image-nulls-stripped": { differences: [/^returned \[\{"frame_id":null,"time":0.2,"embeddings":\[\[1\]\]\}/] },
  // The key must not come back in a server's message.
  "err-v0-401-redacted": { differences: [/^server message: "Unauthorized api_key=te\*\*\*90" instead/] },
  // Python drops the server's message after the last try.
  "err-wf-503-thrice": { differences: [/^server message: "x" instead of null/] },
  "err-wf-504-thrice": { differences: [/^server message: "x" instead of null/] },
  // The page of a foreign host is not repeated.
  "od-url-404": { differences: [/^server message: "N\/A" instead of "no such image"/] },
  // A mistyped path is found before anything is sent.
  "od-plain-string": {
    differences: [/^threw SourceNotFoundError/, /^status undefined/, /^server message/, /^1 requests instead of 2/],
  },
  // Pixels with alpha, file: URLs and bytes are pictures, too: the stub has no answer for the request that follows.
  "od-pil-rgba": { differences: repliedOnceMore },
  "od-pathlib": { differences: repliedOnceMore },
  "od-bytes": { differences: repliedOnceMore },
  // No key: nothing is sent instead of the text None.
  "no-key-v1": { differences: [/^request 0 query: \[\] instead of \[\["api_key","None"\]\]/] },
  "registry-no-key": { differences: [/^request 0 query: \[\] instead of \[\["api_key","None"\]\]/] },
  // The API's own form of a picture is accepted, so that the server can fetch a URL.
  "wf-image-dict": {
    differences: [
      /^threw HTTPCallError .*no exchange is left/,
      /^1 requests instead of 0/,
      /^request 0 is not recorded/,
    ],
  },
};
