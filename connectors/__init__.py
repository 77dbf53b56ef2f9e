"""One folder a platform. Each is found by its place here, or by the entry-point group `webcare.connectors`; nothing lists them."""
