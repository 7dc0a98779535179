/** One recorded exchange of the Python client with its stub. */
export interface GoldenExchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: readonly (readonly [string, string])[];
    readonly raw_query?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: "json" | "text" | "none";
    readonly json?: unknown;
    readonly text?: unknown;
  };
  readonly response: {
    readonly status?: number;
    readonly json?: unknown;
    readonly text?: string;
    readonly $file?: string;
    readonly close?: boolean;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** What a recorded call returned or raised. */
export interface GoldenOutcome {
  readonly returns?: unknown;
  readonly raises?: {
    readonly class: string;
    readonly message: string;
    readonly status_code?: number;
    readonly api_message?: unknown;
  };
  readonly selected_model_after?: string;
}

/** One recorded case; see fixtures/roboflow/client/README.md. */
export interface GoldenCase {
  readonly id: string;
  readonly client: {
    readonly api_url: string;
    readonly api_key: string | null;
    readonly mode: "v0" | "v1" | "by-url";
    readonly configuration: Readonly<Record<string, unknown>> | null;
    readonly execution_id?: string;
  };
  readonly calls: readonly {
    readonly method: string;
    readonly args?: Readonly<Record<string, unknown>>;
    readonly within?: readonly (readonly [string, unknown?])[];
    readonly sort?: boolean;
  }[];
  readonly unordered?: boolean;
  readonly max_in_flight?: number;
  readonly exchanges: readonly GoldenExchange[];
  readonly outcomes: readonly GoldenOutcome[];
}

/** A file of recorded cases. */
export interface GoldenFile {
  readonly api_key_value: string;
  readonly group: string;
  readonly cases: readonly GoldenCase[];
}
