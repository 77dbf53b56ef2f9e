"""What a message means. Nothing of it leaves the machine.

onnxruntime reports its use to its makers unless it is told not to before it is loaded (since 1.29, on Linux too). Whoever loads it comes
through this package first, so this is where it is told, and nowhere can it be forgotten.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
