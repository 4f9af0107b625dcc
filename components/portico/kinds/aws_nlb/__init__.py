"""The kind `aws-nlb`."""
