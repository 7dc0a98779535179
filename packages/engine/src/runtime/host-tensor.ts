/** A tensor on the JavaScript side, as it goes into or comes out of a session. */
export type HostTensor =
  | { readonly type: "float32"; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: "int64"; readonly dims: readonly number[]; readonly data: BigInt64Array };

/** Tensors by the name of a graph's inputs or outputs. */
export type Feeds = Readonly<Record<string, HostTensor>>;

/** A float32 tensor; the data is not copied. */
export function floatTensor(data: Float32Array, dims: readonly number[]): HostTensor {
  return { type: "float32", dims, data };
}

/** An int64 tensor with the given integers. */
export function integerTensor(values: ArrayLike<number>, dims: readonly number[] = [values.length]): HostTensor {
  const data = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) data[index] = BigInt(values[index]!);
  return { type: "int64", dims, data };
}
