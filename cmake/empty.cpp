// Anchors the shared precompiled headers.
