#!/usr/bin/env node
// Not built, so that npm can link it (and make it executable) before the first build.
import "../dist/main.js";
