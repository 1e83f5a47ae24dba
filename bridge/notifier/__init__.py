"""The notifier of RFC 6665: who watches what, and telling them."""
