/** Wire types of the protobuf encoding (https://protobuf.dev/programming-guides/encoding/). */
const varintWire = 0;
const lengthDelimitedWire = 2;
const fixed32Wire = 5;

const utf8 = new TextEncoder();

/**
 * Writes the protobuf wire format: varints, float fields, byte strings and nested messages. Fields appear in the
 * order of the calls; a repeated field is written by calling its method several times (unpacked).
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /**
   * An integer field (int32, int64, enum, bool). Negative values take ten bytes, as the format demands.
   *
   * @throws RangeError when `value` is no integer that the format can hold
   */
  integer(field: number, value: number | bigint): this {
    this.#tag(field, varintWire);
    return this.#varint(value);
  }

  /** A `float` field: four bytes, little endian, rounded to float32. */
  float(field: number, value: number): this {
    this.#tag(field, fixed32Wire);
    this.#reserve(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** A `bytes` field. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, lengthDelimitedWire);
    this.#varint(value.byteLength);
    this.#reserve(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** A `string` field, in UTF-8. */
  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** A nested message, filled by `write`. */
  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const nested = new ProtobufWriter();
    write(nested);
    return this.bytes(field, nested.finish());
  }

  /** The bytes written so far, as a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  /** Seven bits a byte, lowest first; the high bit says that more follow. Negative numbers as 64-bit complement. */
  #varint(value: number | bigint): this {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new RangeError(`${value} is no integer that a protobuf field can hold exactly; pass a bigint.`);
    }
    this.#reserve(10);
    if (typeof value === "number" && value >= 0) this.#unsigned(value);
    else this.#unsigned64(BigInt(value));
    return this;
  }

  #unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #unsigned64(value: bigint): void {
    if (value < -(1n << 63n) || value >= 1n << 64n) throw new RangeError(`${value} does not fit into 64 bits.`);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
