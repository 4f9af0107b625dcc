"""The kind `metallb`."""
