"""What USDT on Ethereum and on TRON share: addresses from an extended public key, quotes, and judging what arrived."""
