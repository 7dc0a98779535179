/**
 * The container formats that are opened, by FFmpeg's names. FFmpeg knows hundreds more; among them are playlists and
 * scripts (HLS, DASH, concat) that make it open other files and addresses, which a file from outside must not do.
 */
export const videoContainers: readonly string[] = [
  "mov",
  "mp4",
  "m4a",
  "3gp",
  "3g2",
  "mj2",
  "matroska",
  "webm",
  "avi",
  "flv",
  "live_flv",
  "asf",
  "mpeg",
  "mpegvideo",
  "mpegts",
  "mpegtsraw",
  "m4v",
  "h264",
  "hevc",
  "av1",
  "obu",
  "ivf",
  "ogg",
  "mxf",
  "nut",
  "dv",
];
