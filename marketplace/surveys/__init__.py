"""The satisfaction and the provider survey: asked once per engagement and side, answered by a single-use link."""
