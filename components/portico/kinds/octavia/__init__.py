"""The kind `octavia`."""
