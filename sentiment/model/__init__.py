"""The trained model: an encoder in ONNX, heads of plain numbers, and what turns their sums into verdicts.

Nothing is imported here: whoever needs the words of a `ModelError` only must not wait for numpy and onnxruntime.
"""
