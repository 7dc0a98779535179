/** Cases in which this client does another thing than the Python client on purpose, and why. */
export interface DeliberateDifference {
  /**
   * - `extra-part`: the request has one part more (the first parameter's default, or an empty part), else it is equal
   * - `refused`: an `InvalidArgumentError` before anything is sent
   * - `accepted`: what Python refuses is sent
   * - `once`: one call instead of Python's repetitions of the same
   * - `works`: Python fails or answers wrongly; ours gives `value` or `chunks`
   * - `inexpressible`: positional arguments, which this client does not have
   */
  readonly kind: "extra-part" | "refused" | "accepted" | "once" | "works" | "inexpressible";
  readonly why: string;
  /** The result where it is not Python's, in the recorded form. */
  readonly value?: unknown;
  readonly chunks?: readonly unknown[];
}

const firstPart = "a call whose first parameter has no part is read in the old form and loses defaults";

/** By name of the case; every other case must be equal. */
export const deliberateDifferences: Readonly<Record<string, DeliberateDifference>> = {
  no_args: { kind: "extra-part", why: firstPart },
  no_args_zero: { kind: "extra-part", why: `${firstPart}; Python reads the 0 as {}`, value: { $int: "0" } },
  defaults_none_given: { kind: "extra-part", why: firstPart },
  default_first_float: { kind: "extra-part", why: firstPart },
  default_first_list: { kind: "extra-part", why: firstPart },
  defaults_skip_first: { kind: "extra-part", why: firstPart },
  batch_0: { kind: "refused", why: "an empty batch is no argument" },
  batch_generate: { kind: "refused", why: "streams take one input" },
  bidi_empty: { kind: "refused", why: "a stream without items fails on the server only" },
  bidi_not_iterator: { kind: "refused", why: "Python sends twice and fails with another error" },
  ctor_both: { kind: "refused", why: "Python asks for the model first" },
  ctor_cluster_alone: { kind: "refused", why: "Python ignores the cluster silently" },
  ctor_bad_url: { kind: "accepted", why: "{user}/{app}/models/{model} is an address" },
  image_from_path: { kind: "accepted", why: "a path is a source" },
  image_from_raw_bytes: { kind: "accepted", why: "encoded bytes are a source" },
  audio_raw_bytes: { kind: "accepted", why: "encoded bytes are a source" },
  old_gen_output_config: { kind: "accepted", why: "Python fails with AttributeError" },
  async_model_raises: { kind: "once", why: "Python repeats every failure for ten seconds and hides the cause" },
  async_stream: { kind: "works", why: "Python returns None", chunks: [] },
  async_sync_in_loop: { kind: "works", why: "Python fails inside of an event loop", value: "[hi]" },
  batch_mixed_status: { kind: "works", why: "Python drops the outputs that succeeded" },
  old_mixed: { kind: "works", why: "Python drops the outputs that succeeded" },
  gen_none: { kind: "works", why: "an empty stream is no error", chunks: [] },
  err_duplicate: { kind: "inexpressible", why: "arguments are one object by name" },
  err_too_many: { kind: "inexpressible", why: "arguments are one object by name" },
};
