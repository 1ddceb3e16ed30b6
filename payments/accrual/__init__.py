"""Interest, fees, the order of allocation, and working an account out again when something becomes known late."""
