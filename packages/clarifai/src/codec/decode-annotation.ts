import type { Audio, Concept, Frame, Image, Region, Video } from "../gen/clarifai/api/inference_pb.ts";
import type { ConceptValue, FrameValue, RegionValue } from "../values/annotation-values.ts";
import type { MediaValue } from "../values/media-values.ts";

/** The value of an Image, Audio or Video message; `null` for an absent one. */
export function decodeMedia(message: Image | Audio | Video | undefined): MediaValue | null {
  return message === undefined ? null : { url: message.url, bytes: message.base64 };
}

/** The value of a Concept message. */
export function decodeConcept({ id, name, value }: Concept): ConceptValue {
  return { id, name, value };
}

/** The value of a Region message. */
export function decodeRegion(region: Region): RegionValue {
  const info = region.regionInfo;
  const box = info?.boundingBox;
  const point = info?.point;
  return {
    id: region.id,
    box: box === undefined ? null : [box.leftCol, box.topRow, box.rightCol, box.bottomRow],
    point: point === undefined ? null : [point.col, point.row, point.z],
    mask: decodeMedia(info?.mask?.image),
    polygon: info?.polygon === undefined ? null : info.polygon.points.map(({ col, row }) => [col, row] as const),
    trackId: region.trackId,
    text: region.data?.text?.raw ?? "",
    concepts: (region.data?.concepts ?? []).map(decodeConcept),
    value: region.value,
  };
}

/** The value of a Frame message; milliseconds become seconds. */
export function decodeFrame({ frameInfo, data }: Frame): FrameValue {
  return {
    index: frameInfo?.index ?? 0,
    time: Number(frameInfo?.time ?? 0n) / 1000,
    image: decodeMedia(data?.image),
    regions: (data?.regions ?? []).map(decodeRegion),
    concepts: (data?.concepts ?? []).map(decodeConcept),
  };
}
