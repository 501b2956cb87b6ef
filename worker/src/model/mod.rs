//! Models: the only place that speaks ONNX. One file per role turns pixels into tensors and back.
