/**
 * Names that BentoML gives to files.
 *
 * @module
 */
/** The graph, in what `bentoml.onnx` saves. */
export const SAVED_MODEL = "saved_model.onnx";
