/** The sparse feed-forward layer of a mixture of experts. */
export interface ExpertsConfig {
  /** Experts of a layer. */
  readonly count: number;
  /** Experts that each token goes through. */
  readonly perToken: number;
  /** Rows of an expert's `gate_proj` (`moe_intermediate_size`). */
  readonly width: number;
  /** Whether the weights of a token's experts are brought to the sum 1 (`norm_topk_prob`). */
  readonly isNormalized: boolean;
  /** What they are multiplied with then (`routed_scaling_factor`); 1 when absent. */
  readonly scale?: number;
  /** An expert that every token goes through as well. */
  readonly shared?: SharedExpert;
}

/** The expert of all tokens. */
export interface SharedExpert {
  /** Name of its module beside `experts`. */
  readonly module: string;
  /** Rows of its `gate_proj`. */
  readonly width: number;
  /** Name of the module [1, hidden] whose sigmoid scales its output; none when absent. */
  readonly gate?: string;
}
