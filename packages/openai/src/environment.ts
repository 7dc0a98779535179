/** What the environment says; read here only. */
export interface Environment {
  /** `OPENAI_BASE_URL`, else OpenAI's own service. */
  readonly baseUrl: string;
  /** `OPENAI_API_KEY` */
  readonly apiKey: string | null;
  /** `NVIDIA_API_KEY`, else `NGC_API_KEY` */
  readonly nvidiaApiKey: string | null;
}

/** Reads the environment variables of this package. Empty ones count as absent. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    baseUrl: variables.OPENAI_BASE_URL || "https://api.openai.com/v1",
    apiKey: variables.OPENAI_API_KEY || null,
    nvidiaApiKey: variables.NVIDIA_API_KEY || variables.NGC_API_KEY || null,
  };
}
